#include "actors/logs/syslog_intake.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "runtime/io/storage/host_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace aops::actors {

namespace {

constexpr int64_t host_names_good_ms = 10'000;
/// Between two complaints in the log about messages that are nobody's.
constexpr int64_t complain_every_ms = 60'000;

void add_unique(std::unordered_map<std::string, std::string>& to,
                const std::string& name,
                const std::string& id) {
  if (name.empty())
    return;
  auto [it, is_new] = to.emplace(name, id);
  if (!is_new && it->second != id)
    it->second.clear();
}

std::optional<std::string> only_one(const std::unordered_map<std::string, std::string>& all,
                                    const std::string& name) {
  auto it = all.find(name);
  if (it == all.end() || it->second.empty())
    return std::nullopt;
  return it->second;
}

void count_refused(std::string_view why) {
  auto refused = metrics::counter_of("aops_syslog_refused_total",
                                     "Messages of syslog that were left out.",
                                     {{"reason", std::string{why}}});
  refused.add();
}

} // namespace

void host_names_known::load(const std::vector<host_record>& hosts) {
  for (const auto& x : hosts)
    names_.insert_or_assign(x.host_id, x.host_id);
  for (const auto& x : hosts) {
    if (x.host_name != x.host_id)
      add_unique(names_, x.host_name, x.host_id);
    if (base::is_ip_address(x.public_ip))
      add_unique(addresses_, base::canonical_address(x.public_ip), x.host_id);
  }
}

std::optional<std::string> host_names_known::by_name(const std::string& name) const {
  return only_one(names_, name);
}

std::optional<std::string> host_names_known::by_address(const std::string& address) const {
  return only_one(addresses_, base::canonical_address(address));
}

syslog_intake::syslog_intake(intake_tools tools, std::shared_ptr<executor> threads)
    : tools_(std::move(tools)), threads_(std::move(threads)) {}

syslog_intake::~syslog_intake() = default;

// -- doors

expected<void> syslog_intake::open() {
  if (is_opening_.exchange(true))
    return {};
  auto opened = open_doors();
  is_opening_ = false;
  return opened;
}

expected<void> syslog_intake::open_doors() {
  if (is_open())
    return {};
  const auto& config = *tools_.store->config;
  const auto& logs = config.logs;
  syslog::server_options options;
  for (std::string_view text : logs.syslog_listen) {
    constexpr std::string_view tls = "tls:";
    bool is_tls = text.starts_with(tls);
    auto at = base::parse_endpoint(is_tls ? text.substr(tls.size()) : text);
    if (!at)
      return fail(std::move(at.error()));
    options.doors.push_back({at->host, at->port, is_tls});
  }
  options.tls.certificate =
    config.tls.certificate.empty() ? config.data_dir + "/http.crt" : config.tls.certificate;
  options.tls.key = config.tls.key.empty() ? config.data_dir + "/http.key" : config.tls.key;
  options.tls.ca = logs.syslog_ca;
  options.most_connections = static_cast<size_t>(logs.syslog_connections);
  options.most_idle = logs.syslog_idle.chrono();
  std::weak_ptr<syslog_intake> me = weak_from_this();
  options.take = [me](const syslog::peer& from, std::string bytes, std::function<void(bool)> done) {
    if (auto it = me.lock())
      it->take(from, std::move(bytes), std::move(done));
    else
      done(false);
  };
  options.gone = [me](uint64_t connection) {
    if (auto it = me.lock())
      it->gone(connection);
  };
  options.each_look = [me] {
    if (auto it = me.lock())
      it->look();
  };
  auto made = syslog::server::start(std::move(options));
  if (!made)
    return fail(std::move(made.error()));
  std::lock_guard guard{door_mutex_};
  if (is_closed_)
    return {};
  log::info("syslog-ready", "{}", fmt::join((*made)->addresses(), " "));
  server_ = std::move(*made);
  return {};
}

void syslog_intake::close() {
  std::unique_ptr<syslog::server> gone;
  {
    std::lock_guard guard{door_mutex_};
    gone.swap(server_);
    is_closed_ = true;
  }
}

bool syslog_intake::is_open() const {
  std::lock_guard guard{door_mutex_};
  return server_ != nullptr;
}

// -- messages

void syslog_intake::take(const syslog::peer& from,
                         std::string bytes,
                         std::function<void(bool)> done) {
  auto x = std::make_shared<batch>(batch{from, {}, std::move(done)});
  bool is_broken = false;
  {
    std::lock_guard guard{mutex_};
    auto& frames = frames_[from.connection];
    frames.add(bytes);
    while (auto message = frames.next())
      x->messages.push_back(std::move(*message));
    is_broken = frames.is_broken();
    if (bytes.empty())
      if (auto last = frames.rest())
        x->messages.push_back(std::move(*last));
  }
  if (is_broken) { // What stands before it is stored all the same.
    count_refused("frame");
    log::info("syslog-refused", "{}: a message is too long, or its length is none", from.address);
    x->done = [done = std::move(x->done)](bool) { done(false); };
  }
  if (x->messages.empty())
    return x->done(true);
  auto work = [me = shared_from_this(), x] { me->work(x); };
  if (!threads_->post(work))
    try_again(std::move(work));
}

void syslog_intake::gone(uint64_t connection) {
  std::lock_guard guard{mutex_};
  frames_.erase(connection);
}

void syslog_intake::try_again(std::function<void()> work) {
  std::lock_guard guard{mutex_};
  waiting_.push_back(std::move(work));
}

void syslog_intake::look() {
  std::vector<std::function<void()>> waiting;
  {
    std::lock_guard guard{mutex_};
    waiting.swap(waiting_);
  }
  for (auto& x : waiting)
    if (!threads_->post(x))
      try_again(std::move(x));
}

expected<std::shared_ptr<const host_names_known>> syslog_intake::hosts() {
  auto now = tools_.store->time->steady_ms();
  {
    std::lock_guard guard{mutex_};
    if (hosts_ && now < hosts_until_ms_)
      return hosts_;
  }
  auto db = tools_.store->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  std::vector<uint16_t> slots(schedule::slot_count);
  std::iota(slots.begin(), slots.end(), uint16_t{0});
  auto all = storage::host_repository{**db}.in_slots(slots);
  if (!all)
    return fail(std::move(all.error()));
  auto known = std::make_shared<host_names_known>();
  known->load(*all);
  std::lock_guard guard{mutex_};
  hosts_ = std::move(known);
  hosts_until_ms_ = now + host_names_good_ms;
  return hosts_;
}

/// ec::session_invalid when nobody can tell.
expected<std::string> syslog_intake::host_of(const logs::syslog_message& x,
                                             const syslog::peer& from) {
  if (!x.token.empty())
    return host_of_token(*tools_.store, *tools_.tokens, base::sha256_hex(x.token));
  bool by_address = tools_.store->config->logs.syslog_by_address;
  if (!from.names.empty() || by_address) {
    auto known = hosts();
    if (!known)
      return fail(std::move(known.error()));
    for (const auto& name : from.names)
      if (auto host = (*known)->by_name(name))
        return std::move(*host);
    if (by_address && from.names.empty()) // Who proves to be somebody else is that.
      if (auto host = (*known)->by_address(from.address))
        return std::move(*host);
  }
  return fail(ec::session_invalid, "nothing tells which host it is");
}

void syslog_intake::work(batch_ptr x) {
  auto lines = std::make_shared<sorted_lines>();
  for (const auto& message : x->messages) {
    auto read = logs::read_syslog(message);
    auto host = read ? host_of(*read, x->from) : expected<std::string>{fail(read.error())};
    if (!host && host.error() != ec::session_invalid && host.error() != ec::bad_request)
      return try_again([me = shared_from_this(), x] { me->work(x); }); // The store is away.
    if (!host) {
      count_refused(read ? "host" : "format");
      std::lock_guard guard{mutex_};
      auto now = tools_.store->time->steady_ms();
      if (complained_ms_ == 0 || now - complained_ms_ >= complain_every_ms) {
        complained_ms_ = now;
        log::warn("syslog-left-out", "{}: {}", x->from.address, to_string(host.error()));
      }
      continue;
    }
    if (lines->empty() || lines->back().first != *host)
      lines->emplace_back(*host, std::vector<logs::record>{});
    lines->back().second.push_back(std::move(read->what));
  }
  store(std::move(x), std::move(lines), 0);
}

/// One host after the other; where there is no room now, again with the next look.
void syslog_intake::store(batch_ptr x, std::shared_ptr<sorted_lines> lines, size_t next) {
  if (next == lines->size())
    return x->done(true);
  const auto& [host, records] = (*lines)[next];
  auto then = [me = shared_from_this(), x, lines, next](expected<lines_taken> how) {
    if (how)
      return me->store(x, lines, next + 1);
    log::debug("syslog-waits", "{}: {}", x->from.address, to_string(how.error()));
    me->try_again([me, x, lines, next] { me->store(x, lines, next); });
  };
  keep_lines(tools_, host, records, std::move(then));
}

} // namespace aops::actors
