#include "runtime/io/storage/mariadb_endpoints.hpp"

#include "runtime/base/log.hpp"
#include "runtime/io/storage/mariadb_error.hpp"

#include <algorithm>
#include <charconv>

namespace aops::storage {

namespace {

using std::chrono::milliseconds;

/// The library counts whole seconds.
unsigned seconds_of(milliseconds x) {
  return static_cast<unsigned>(std::max<int64_t>(1, (x.count() + 999) / 1000));
}

constexpr milliseconds time_to_migrate = std::chrono::minutes{10};

mariadb_trouble trouble_of(MYSQL* db) { return {mysql_errno(db), mysql_error(db)}; }

expected<void> say(MYSQL* db, std::string_view text) {
  if (mysql_real_query(db, text.data(), text.size()) == 0)
    return {};
  return fail(mariadb_error(trouble_of(db)));
}

/// Second column of each row of a `show`.
expected<std::vector<std::string>> shown(MYSQL* db, std::string_view text) {
  if (auto said = say(db, text); !said)
    return fail(std::move(said.error()));
  std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> rows{mysql_store_result(db), mysql_free_result};
  if (!rows)
    return fail(mariadb_error(trouble_of(db)));
  std::vector<std::string> out;
  while (auto row = mysql_fetch_row(rows.get()))
    out.emplace_back(row[1] ? row[1] : "");
  return out;
}

/// A server that refuses writes, or is cut off from its cluster, is no server for us.
expected<void> check_fitness(MYSQL* db) {
  auto read_only = shown(db, "show global variables like 'read_only'");
  if (!read_only)
    return fail(std::move(read_only.error()));
  if (!read_only->empty() && read_only->front() == "ON")
    return fail(ec::store_unreachable, "the server is read-only");
  auto galera = shown(db, "show global variables like 'wsrep_on'");
  if (!galera)
    return fail(std::move(galera.error()));
  if (galera->empty() || galera->front() != "ON")
    return {};
  auto ready = shown(db, "show global status like 'wsrep_ready'");
  if (!ready)
    return fail(std::move(ready.error()));
  if (ready->empty() || ready->front() != "ON")
    return fail(ec::store_unreachable, "the server is not ready in its Galera cluster");
  return {};
}

} // namespace

mariadb_endpoints::mariadb_endpoints(mariadb_config config) : config_(std::move(config)) {
  static const int library = mysql_library_init(0, nullptr, nullptr);
  std::ignore = library;
  if (!config_.socket.empty())
    endpoints_.push_back({"", 0, config_.socket});
  else
    for (const auto& host : config_.hosts)
      endpoints_.push_back(parse(host, config_.port));
}

mariadb_endpoints::endpoint mariadb_endpoints::parse(const std::string& text, int64_t port) {
  auto host = text;
  auto number = static_cast<unsigned>(port);
  auto colon = text.rfind(':');
  // More than one colon without brackets: an IPv6 address.
  bool has_port = colon != std::string::npos &&
                  (text.find(':') == colon || text[colon - (colon > 0 ? 1 : 0)] == ']');
  if (has_port) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), number);
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {host, number, host + ":" + std::to_string(number)};
}

/// Where to begin, or the last error while nobody serves and it is not our turn to try.
expected<size_t> mariadb_endpoints::admit() {
  std::lock_guard guard{mutex_};
  if (!is_down_)
    return current_;
  if (is_probed_ || steady::now() < next_probe_)
    return fail(last_error_);
  is_probed_ = true;
  return current_;
}

void mariadb_endpoints::succeed(size_t index, bool again) {
  std::lock_guard guard{mutex_};
  if (is_down_)
    log::info("store-reachable", "The store answers again at {}", endpoints_[index].name);
  else if (index != current_)
    log::warn("store-moved", "The store is now at {}", endpoints_[index].name);
  current_ = index;
  is_down_ = is_probed_ = false;
  pause_ = milliseconds{0};
  reconnects_ += again;
}

error mariadb_endpoints::fail_all(error why) {
  std::lock_guard guard{mutex_};
  is_probed_ = false;
  if (why == ec::not_found) // The server serves.
    return why;
  if (!is_down_)
    log::error("store-unreachable", "{}", why.detail);
  is_down_ = true;
  pause_ = std::clamp(pause_ * 2, first_pause, most_pause);
  auto jitter = milliseconds{static_cast<int64_t>(random_()) % (pause_.count() / 4 + 1)};
  next_probe_ = steady::now() + pause_ + jitter;
  last_error_ = {ec::store_unreachable, why.detail};
  return why;
}

pool_status mariadb_endpoints::status() const {
  std::lock_guard guard{mutex_};
  pool_status out;
  out.is_reachable = !is_down_ && !endpoints_.empty();
  if (out.is_reachable)
    out.endpoint = endpoints_[current_].name;
  out.reconnects = reconnects_;
  return out;
}

expected<mariadb_link> mariadb_endpoints::connect(mariadb_session kind, bool again) {
  auto first = admit();
  if (!first)
    return fail(std::move(first.error()));
  error why{ec::store_unreachable, {}};
  for (size_t i = 0; i <= endpoints_.size(); ++i) {
    // The one that served last, then all in order of preference.
    auto index = i == 0 ? *first : i - 1;
    if (index >= endpoints_.size() || (i > 0 && index == *first))
      continue;
    auto link = connect_to(endpoints_[index], kind);
    if (link) {
      succeed(index, again);
      return link;
    }
    if (link.error() == ec::not_found && kind == mariadb_session::migrates)
      why.code = ec::not_found;
    why.detail.append(why.detail.empty() ? "" : "; ").append(link.error().detail);
  }
  if (endpoints_.empty())
    why.detail = "no MariaDB host is configured: check storage.host or storage.socket";
  return fail(fail_all(std::move(why)));
}

expected<mariadb_link> mariadb_endpoints::connect_to(const endpoint& at,
                                                     mariadb_session kind) const {
  auto link = open(at, kind);
  if (!link)
    return link;
  auto fit = check_fitness(link->get());
  if (fit)
    fit = prepare_session(link->get(), kind);
  if (!fit)
    return fail(ec::store_unreachable, "MariaDB at " + at.name + ": " + fit.error().detail);
  return link;
}

expected<mariadb_link> mariadb_endpoints::open(const endpoint& at, mariadb_session kind) const {
  mariadb_link db{mysql_init(nullptr)};
  if (!db)
    return fail(ec::overloaded, "store: out of memory");
  auto connect_timeout = seconds_of(config_.connect_timeout);
  auto timeout = seconds_of(kind == mariadb_session::migrates ? time_to_migrate : config_.timeout);
  unsigned no_files = 0;
  mysql_options(db.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  mysql_options(db.get(), MYSQL_OPT_READ_TIMEOUT, &timeout);
  mysql_options(db.get(), MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  mysql_options(db.get(), MYSQL_OPT_LOCAL_INFILE, &no_files);
  mysql_options(db.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  unsigned protocol = at.host.empty() ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(db.get(), MYSQL_OPT_PROTOCOL, &protocol);
  if (!at.host.empty())
    secure(db.get());
  auto database = kind == mariadb_session::chooses_no_database ? nullptr : config_.database.c_str();
  if (mysql_real_connect(db.get(),
                         at.host.empty() ? nullptr : at.host.c_str(),
                         config_.user.c_str(),
                         config_.password.text.c_str(),
                         database,
                         at.port,
                         at.host.empty() ? config_.socket.c_str() : nullptr,
                         CLIENT_FOUND_ROWS))
    return db;
  return fail(connect_error(at, db.get()));
}

void mariadb_endpoints::secure(MYSQL* db) const {
  auto given = [](const std::string& path) { return path.empty() ? nullptr : path.c_str(); };
  if (config_.ssl_ca.empty() && config_.ssl_cert.empty())
    return;
  mysql_ssl_set(
    db, given(config_.ssl_key), given(config_.ssl_cert), given(config_.ssl_ca), nullptr, nullptr);
  my_bool enforced = 1;
  auto verified = static_cast<my_bool>(config_.ssl_verify && !config_.ssl_ca.empty());
  mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &enforced);
  mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
}

error mariadb_endpoints::connect_error(const endpoint& at, MYSQL* db) const {
  auto number = mysql_errno(db);
  std::string advice;
  switch (number) {
  case 1045:
  case 1698:
    advice = ": check storage.user and storage.password";
    break;
  case 1044:
  case unknown_database:
    advice = ": check storage.database, and what the user may do";
    break;
  case 2026:
    advice = ": check storage.ssl_ca and the server's certificate";
    break;
  case 2002:
  case 2003:
  case 2005:
    advice = at.host.empty() ? ": check storage.socket" : ": check storage.host and storage.port";
    break;
  default:
    break;
  }
  return {number == unknown_database ? ec::not_found : ec::store_unreachable,
          "MariaDB at " + at.name + " (user " + config_.user +
            "): " + mariadb_error({number, mysql_error(db)}).detail + advice};
}

expected<void> mariadb_endpoints::prepare_session(MYSQL* db, mariadb_session kind) const {
  std::string settings =
    "set names utf8mb4 collate utf8mb4_nopad_bin, time_zone = '+00:00', autocommit = 1, "
    "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', lock_wait_timeout = 5, "
    "innodb_lock_wait_timeout = 2";
  if (kind == mariadb_session::writes)
    settings += ", idle_write_transaction_timeout = 2";
  if (auto set = say(db, settings); !set)
    return set;
  std::string_view isolation =
    kind == mariadb_session::reads
      ? "set session transaction isolation level repeatable read, read only"
      : "set session transaction isolation level read committed";
  if (auto set = say(db, isolation); !set)
    return set;
  if (!config_.galera_sync)
    return {};
  // 1: reads and the beginnings of transactions wait for what other servers committed; 2 and 4:
  // updates and inserts too. Without a cluster it does nothing.
  auto sync = say(db,
                  kind == mariadb_session::reads ? "set session wsrep_sync_wait = 1"
                                                 : "set session wsrep_sync_wait = 7");
  if (!sync && mysql_errno(db) != unknown_variable)
    return sync;
  return {};
}

} // namespace aops::storage
