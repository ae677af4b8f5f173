#include "cli/node/doctor_facts.hpp"

#include "actors/store/backup_keeper.hpp"
#include "cli/node/assemble.hpp"
#include "cli/node/node.hpp"
#include "cli/node/store_beside.hpp"
#include "http/server/certificate.hpp"
#include "runtime/base/authority.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/io/mq/queue.hpp"
#include "runtime/io/net/http_multi.hpp"
#include "runtime/io/opensearch/line_stream.hpp"
#include "runtime/io/storage/migration.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <netdb.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace aops::node {

namespace {

namespace fs = std::filesystem;
using doctor::facts;

constexpr std::chrono::seconds patience{3};

/// Lines `NAME=value` or `Name: value kB` of a file.
std::string value_in(const char* file, std::string_view name) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() ||
        (line[name.size()] != '=' && line[name.size()] != ':'))
      continue;
    auto rest = line.substr(name.size() + 1);
    rest.erase(std::remove(rest.begin(), rest.end(), '"'), rest.end());
    return rest;
  }
  return {};
}

std::optional<int64_t> kib_in(const char* file, std::string_view name) {
  std::istringstream in{value_in(file, name)};
  int64_t kib = 0;
  return in >> kib ? std::optional{kib * 1024} : std::nullopt;
}

std::optional<int64_t> number_in(const std::string& file) {
  std::ifstream in{file};
  int64_t x = 0;
  return in >> x ? std::optional{x} : std::nullopt;
}

/// The control group's limit and use, where there is one.
void add_memory(facts& x) {
  x.memory_bytes = kib_in("/proc/meminfo", "MemTotal");
  x.memory_free_bytes = kib_in("/proc/meminfo", "MemAvailable");
  auto group = value_in("/proc/self/cgroup", "0:");
  auto limit = number_in("/sys/fs/cgroup" + group + "/memory.max");
  auto used = number_in("/sys/fs/cgroup" + group + "/memory.current");
  if (limit && used && x.memory_bytes && *limit < *x.memory_bytes) {
    x.memory_bytes = limit;
    x.memory_free_bytes = std::max<int64_t>(0, *limit - *used);
  }
}

void add_system(facts& x) {
  x.os_id = value_in("/etc/os-release", "ID");
  x.os_name = value_in("/etc/os-release", "PRETTY_NAME");
  utsname names{};
  if (::uname(&names) == 0)
    x.kernel = names.release;
  x.processors = static_cast<int64_t>(std::thread::hardware_concurrency());
  add_memory(x);
  x.is_root = ::geteuid() == 0;
  timex state{};
  if (auto code = ::adjtimex(&state); code >= 0)
    x.is_clock_synchronised = code != TIME_ERROR;
}

int64_t bytes_of_store(const std::string& data_dir) {
  int64_t sum = 0;
  for (const char* name : {"aops.db", "aops.db-wal"}) {
    std::error_code failed;
    if (auto size = fs::file_size(fs::path{data_dir} / name, failed); !failed)
      sum += static_cast<int64_t>(size);
  }
  return sum;
}

void add_directory(facts& x, const base::config& c) {
  x.data_dir = c.data_dir;
  // One that is made at the first start: its parent tells.
  auto there = fs::path{c.data_dir};
  std::error_code failed;
  while (!fs::exists(there, failed) && there.has_parent_path() && there != there.parent_path())
    there = there.parent_path();
  struct stat about {};
  if (::stat(there.c_str(), &about) != 0 || ::access(there.c_str(), W_OK | X_OK) != 0)
    x.data_dir_error = std::strerror(errno);
  else if (!S_ISDIR(about.st_mode))
    x.data_dir_error = "is no folder";
  if (there == fs::path{c.data_dir})
    x.is_private = (about.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  struct statvfs room {};
  if (::statvfs(there.c_str(), &room) == 0) {
    x.disk_bytes = static_cast<int64_t>(room.f_blocks) * static_cast<int64_t>(room.f_frsize);
    x.disk_free_bytes = static_cast<int64_t>(room.f_bavail) * static_cast<int64_t>(room.f_frsize);
  }
  if (c.storage.engine == "sqlite" && c.samples.source == "scrape") {
    x.samples_may_take_bytes = c.samples.max_bytes.bytes;
    x.samples_take_bytes = bytes_of_store(c.data_dir);
  }
}

/// Whether it could be listened on there.
bool can_listen(const base::endpoint& at) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &found) != 0)
    return false;
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, ::freeaddrinfo};
  base::descriptor socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(socket.get(), found->ai_addr, found->ai_addrlen) == 0 &&
         ::listen(socket.get(), 1) == 0;
}

/// A GET that is waited for.
expected<net::response> fetch(const std::string& url, const std::string& ca) {
  auto client = net::http_multi::start({.ca_file = ca, .names = {}});
  if (!client)
    return fail(std::move(client.error()));
  net::request what;
  what.url = url;
  what.total_timeout = patience;
  auto told = std::make_shared<std::promise<expected<net::response>>>();
  auto answer = told->get_future();
  if (auto taken = (*client)->submit(
        std::move(what), [told](net::reply r) { told->set_value(std::move(r.result)); });
      !taken)
    return fail(std::move(taken.error()));
  return answer.get();
}

std::string certificate_of(const base::config& c) {
  return c.tls.certificate.empty() ? c.data_dir + "/http.crt" : c.tls.certificate;
}

bool node_serves_at(const base::config& c) {
  auto at = c.http.listen;
  if (at.host == "0.0.0.0" || at.host == "::")
    at.host = "127.0.0.1";
  auto reply = fetch((c.tls.enabled ? "https://" : "http://") + base::to_string(at) + "/healthz",
                     c.tls.enabled ? certificate_of(c) : std::string{});
  return reply && reply->status == 200 && reply->body.find("\"status\"") != reply->body.npos;
}

/// @param is_here The examination is that of the node that has the ports.
void add_ports(facts& x, const base::config& c, bool is_here) {
  auto add = [&](const char* option, const base::endpoint& at, bool is_node) {
    if (at.port == 0)
      return;
    doctor::port_fact port{option, base::to_string(at)};
    port.is_ours = is_here || is_node;
    port.is_free = !port.is_ours && can_listen(at);
    x.ports.push_back(std::move(port));
  };
  bool is_up = is_here || (c.http.listen.port != 0 && node_serves_at(c));
  add("http.listen", c.http.listen, is_up);
  if (c.storage.engine == "mariadb")
    add("cluster.listen", c.cluster.listen, is_up);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    x.open_files = static_cast<int64_t>(std::min<rlim_t>(limit.rlim_max, INT32_MAX));
  constexpr int64_t others = 1024; // Of the store, the cluster, programs that are run.
  x.wanted_files = c.http.max_connections + others;
}

void add_certificates(facts& x, const base::config& c) {
  auto add = [&](const char* option, const std::string& file) {
    std::error_code failed;
    if (file.empty() || (file == c.data_dir + "/http.crt" && !fs::exists(file, failed)))
      return; // Made at the first start.
    doctor::certificate_fact fact{option, file, 0, {}};
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (auto read = base::read_certificate(text))
      fact.until_ms = read->until_ms;
    else
      fact.error = text.empty() ? "cannot be read" : read.error().detail;
    x.certificates.push_back(std::move(fact));
  };
  if (c.tls.enabled)
    add("tls.certificate", certificate_of(c));
  if (c.storage.engine == "mariadb")
    for (const auto& [option, file] : {std::pair{"cluster.certificate", &c.cluster.certificate},
                                       std::pair{"cluster.ca", &c.cluster.ca},
                                       std::pair{"storage.ssl_cert", &c.storage.ssl_cert}})
      add(option, *file);
}

/// MariaDB: what `show grants` says. The privileges that changing the schema takes.
std::optional<bool> may_define(storage::database& db, const std::string& database) {
  auto grants =
    db.list("show grants for current_user()", [](const storage::row& r) { return r.string(0); });
  if (!grants)
    return {};
  for (const auto& grant : *grants) {
    bool is_about_all = grant.find(" ON *.* ") != grant.npos;
    bool is_about_ours = grant.find(" ON `" + database + "`.* ") != grant.npos;
    bool has = grant.find("ALL PRIVILEGES") != grant.npos ||
               (grant.find("CREATE") != grant.npos && grant.find("ALTER") != grant.npos &&
                grant.find("INDEX") != grant.npos);
    if ((is_about_all || is_about_ours) && has)
      return true;
  }
  return false;
}

void add_store(facts& x, const base::config& c, storage::database& db) {
  bool is_server = db.sql().engine() == "mariadb";
  auto version = db.first(is_server ? "select version()" : "select sqlite_version()",
                          [](const storage::row& r) { return r.string(0); });
  if (!version) {
    x.store_error = version.error().detail;
    return;
  }
  x.store_version = version->value_or("");
  // A store that no node has used yet has no such table.
  if (auto schema = db.count("select max(version) from schema_version"))
    x.store_schema = *schema;
  // Any node may come to have all hosts; its groups of connections keep half as many again.
  if (auto hosts = db.count("select count(*) from host"))
    x.wanted_files += std::min(*hosts, most_kept_connections) * 3 / 2;
  if (is_server)
    x.may_define = may_define(db, c.storage.database);
  if (is_server)
    if (auto theirs = db.now_ms())
      x.store_clock_ahead_ms = *theirs - base::system_time().wall_ms();
}

void add_store(facts& x, const base::config& c, storage::database_pool* pool) {
  x.store_engine = c.storage.engine;
  x.known_schema = storage::built_in_migrations().back().version;
  x.lease_ms = c.cluster.lease.ms;
  if (pool) {
    if (auto db = pool->read(patience))
      add_store(x, c, **db);
    else
      x.store_error = db.error().detail;
    return;
  }
  std::error_code failed;
  if (c.storage.engine == "sqlite" && !fs::exists(c.data_dir + "/aops.db", failed)) {
    x.store_version = "(made at the first start)";
    return;
  }
  auto beside = open_store_beside(c);
  if (beside)
    add_store(x, c, *beside->db);
  else
    x.store_error = beside.error().detail;
}

/// Secrets may stand before an `@`.
std::string without_user(const std::string& url) {
  auto begin = url.find("://");
  auto host = begin == url.npos ? 0 : begin + 3;
  auto at = url.rfind('@', url.find('/', host));
  return at == url.npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

/// Of what Prometheus says of itself, or empty.
std::string version_in(const base::json& document) {
  auto data = document.find("data");
  if (data == document.end() || !data->is_object())
    return {};
  auto version = data->find("version");
  return version != data->end() && version->is_string() ? version->get<std::string>()
                                                        : std::string{};
}

void add_prometheus(facts& x, const base::config& c) {
  if (c.prometheus.url.empty())
    return;
  x.prometheus_url = without_user(c.prometheus.url);
  auto url = c.prometheus.url;
  while (url.ends_with('/'))
    url.pop_back();
  auto reply = fetch(url + "/api/v1/status/buildinfo", {});
  if (!reply) {
    x.prometheus_error = reply.error().detail;
    return;
  }
  auto document = base::parse_json(reply->body);
  if (reply->status != 200 || !document || !document->is_object())
    x.prometheus_error = "answers with HTTP status " + std::to_string(reply->status);
  else
    x.prometheus_version = version_in(*document);
}

void add_log_store(facts& x, const base::config& c) {
  if (c.logs.store != "opensearch")
    return;
  x.log_store_url = c.logs.opensearch_url.front();
  auto proof = base::log_store_proof(c);
  if (!proof) {
    x.log_store_error = proof.error().detail;
    return;
  }
  constexpr std::chrono::milliseconds patience{5000};
  auto client =
    opensearch::search_client::start({c.logs.opensearch_url, *proof, c.logs.opensearch_ca});
  auto told = client ? opensearch::greet(**client, patience)
                     : expected<opensearch::server_told>{fail(client.error())};
  if (told)
    x.log_store_version = told->product + " " + told->version;
  else
    x.log_store_error = told.error().detail;
}

void add_backups(facts& x, const base::config& c) {
  x.backup_directory = c.backup.directory;
  if (c.backup.directory.empty())
    return;
  if (auto all = actors::list_backups(c.backup.directory); !all.empty())
    x.last_backup_ms = all.back().created_ms;
}

void add_queue(facts& x, const base::config& c) {
  x.has_queue = c.kafka.enabled;
  if (!c.kafka.enabled)
    return;
  const auto& k = c.kafka;
  std::vector<std::string> topics;
  for (const auto* some : {&k.check_topics, &k.diag_topics})
    for (const auto& topic : *some) {
      topics.push_back(topic);
      topics.push_back(topic + k.dlq_suffix);
    }
  for (auto [what, topic] : {std::pair{"results", &k.result_topic},
                             {"progress", &k.progress_topic},
                             {"reports", &k.report_topic}})
    if (std::find(k.publish.begin(), k.publish.end(), what) != k.publish.end())
      topics.push_back(*topic);
  auto found = mq::open_queue(c).and_then([&](const std::shared_ptr<mq::message_queue>& queue) {
    return queue->examine(topics, patience);
  });
  if (!found) {
    x.queue_error = found.error().detail;
    return;
  }
  x.queue_brokers = found->brokers;
  for (auto& topic : found->topics) {
    // Those of what cannot be used are made when they are needed.
    bool may_be_missing = topic.topic.ends_with(k.dlq_suffix) && topic.is_missing;
    x.queue_topics.emplace_back(topic.topic, may_be_missing ? std::string{} : topic.error);
  }
}

/// Of a node that runs what it says, else whether programs are there.
void add_plugin_facts(facts& x, const base::config& c, const actors::plugin_pool* plugins) {
  if (plugins != nullptr) {
    x.plugins = plugins->problems();
    return;
  }
  for (const auto& one : c.plugins)
    x.plugins.emplace_back(one.name,
                           ::access(one.command.at(0).c_str(), X_OK) == 0
                             ? std::string{}
                             : one.command[0] + ": " + std::strerror(errno));
}

} // namespace

facts measure(const base::config& config,
              storage::database_pool* pool,
              const actors::plugin_pool* plugins) {
  facts x;
  x.now_ms = base::system_time().wall_ms();
  add_system(x);
  add_directory(x, config);
  add_ports(x, config, pool != nullptr);
  add_certificates(x, config);
  add_store(x, config, pool);
  add_prometheus(x, config);
  add_log_store(x, config);
  add_backups(x, config);
  add_queue(x, config);
  add_plugin_facts(x, config, plugins);
  return x;
}

int examine(const base::config& config, bool as_json) {
  auto items = doctor::judge(measure(config, nullptr, nullptr));
  auto worst = doctor::worst_of(items);
  if (as_json) {
    auto list = base::json::array();
    for (const auto& x : items)
      list.push_back(base::encode(x));
    std::puts(base::json{{"worst", worst}, {"items", list}}.dump(2).c_str());
  } else {
    for (const auto& x : items)
      std::printf("%-4s  %-18s  %s%s%s\n",
                  x.state.c_str(),
                  x.item.c_str(),
                  x.found.c_str(),
                  x.remedy.empty() ? "" : "; ",
                  x.remedy.c_str());
  }
  return worst == "FAIL" ? exit_failed : worst == "WARN" ? exit_found : exit_ok;
}

} // namespace aops::node
