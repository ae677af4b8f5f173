#include "runtime/core/doctor/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace aops::doctor {

namespace {

constexpr int64_t mib = 1 << 20, gib = 1 << 30;
constexpr int64_t day_ms = 24 * 3600 * 1000;

constexpr const char* fine = "OK";
constexpr const char* doubtful = "WARN";
constexpr const char* broken = "FAIL";

using items = std::vector<examined_item>;

std::string size_text(int64_t bytes) {
  return bytes >= gib ? fmt::format("{:.1f} GiB", static_cast<double>(bytes) / gib)
                      : fmt::format("{} MiB", bytes / mib);
}

/// Major and minor number in front of a text.
std::pair<int, int> version_of(std::string_view text) {
  std::pair<int, int> out;
  auto end = text.data() + text.size();
  auto [stop, failed] = std::from_chars(text.data(), end, out.first);
  if (failed == std::errc{} && stop != end && *stop == '.')
    std::from_chars(stop + 1, end, out.second);
  return out;
}

void add_system(items& out, const facts& x) {
  static constexpr std::array<std::string_view, 2> known = {"debian", "openEuler"};
  bool is_known = std::find(known.begin(), known.end(), x.os_id) != known.end();
  out.push_back({"os",
                 is_known ? fine : doubtful,
                 x.os_name.empty() ? "unknown" : x.os_name,
                 is_known ? "" : "aops is tried on Debian 12; others may work"});
  constexpr std::pair least{4, 19};
  bool is_new = version_of(x.kernel) >= least;
  out.push_back(
    {"kernel", is_new ? fine : doubtful, x.kernel, is_new ? "" : "use Linux 4.19 or later"});
  constexpr int64_t least_total = 512 * mib, least_free = 128 * mib;
  if (x.memory_bytes && x.memory_free_bytes) {
    auto state = *x.memory_free_bytes < least_free ? broken
                 : *x.memory_bytes < least_total   ? doubtful
                                                   : fine;
    out.push_back(
      {"memory",
       state,
       fmt::format("{} of {} available, {} processors",
                   size_text(*x.memory_free_bytes),
                   size_text(*x.memory_bytes),
                   x.processors),
       state == fine ? "" : "give the machine (or the unit's MemoryMax) at least 512 MiB"});
  }
}

void add_directory(items& out, const facts& x) {
  if (!x.data_dir_error.empty()) {
    out.push_back({"data_dir",
                   broken,
                   x.data_dir + ": " + x.data_dir_error,
                   "make it, or let the user of the node write there"});
    return;
  }
  out.push_back({"data_dir",
                 x.is_private ? fine : doubtful,
                 x.data_dir + (x.is_private ? "" : ": others may read it"),
                 x.is_private ? "" : "chmod 700 " + x.data_dir});
  if (!x.disk_bytes || !x.disk_free_bytes)
    return;
  constexpr int64_t least = 256 * mib;
  auto to_come = std::max<int64_t>(0, x.samples_may_take_bytes - x.samples_take_bytes);
  auto state = *x.disk_free_bytes < least                                                ? broken
               : *x.disk_free_bytes < to_come || *x.disk_free_bytes < *x.disk_bytes / 20 ? doubtful
                                                                                         : fine;
  auto found =
    fmt::format("{} of {} free", size_text(*x.disk_free_bytes), size_text(*x.disk_bytes));
  if (to_come > 0)
    found += fmt::format(", samples may still take {}", size_text(to_come));
  out.push_back({"disk",
                 state,
                 found,
                 state == fine ? "" : "make room, or lower samples.max_bytes and [retention]"});
}

void add_rights(items& out, const facts& x) {
  out.push_back({"user",
                 x.is_root ? doubtful : fine,
                 x.is_root ? "root" : "not root",
                 x.is_root ? "run it as a user of its own, as the shipped unit does" : ""});
  bool will_do = x.open_files >= x.wanted_files;
  out.push_back({"open files",
                 will_do ? fine : doubtful,
                 fmt::format("{} allowed, up to {} may be needed", x.open_files, x.wanted_files),
                 will_do ? "" : "raise LimitNOFILE of the unit, or lower http.max_connections"});
  for (const auto& port : x.ports) {
    if (port.address.empty())
      continue;
    auto state = port.is_ours || port.is_free ? fine : broken;
    out.push_back({port.option,
                   state,
                   port.address + (port.is_ours   ? ": a node serves there"
                                   : port.is_free ? ": free"
                                                  : ": another program has it, or it is no address "
                                                    "of this machine"),
                   state == fine ? "" : "end that program, or change " + port.option});
  }
}

void add_clock(items& out, const facts& x) {
  if (x.is_clock_synchronised)
    out.push_back({"clock",
                   *x.is_clock_synchronised ? fine : doubtful,
                   *x.is_clock_synchronised ? "synchronised" : "not synchronised",
                   *x.is_clock_synchronised ? "" : "run chrony or systemd-timesyncd"});
  if (!x.store_clock_ahead_ms)
    return;
  auto away = std::abs(*x.store_clock_ahead_ms);
  // Leases are measured by the store's clock alone; samples by the machine's.
  auto state = away > std::max<int64_t>(x.lease_ms, 2000) ? broken : away > 1000 ? doubtful : fine;
  out.push_back(
    {"clock of the store",
     state,
     fmt::format("{:.1f} s {} this machine's",
                 static_cast<double>(away) / 1000,
                 *x.store_clock_ahead_ms < 0 ? "behind" : "ahead of"),
     state == fine ? "" : "synchronise both: samples and alerts carry this machine's times"});
}

void add_certificates(items& out, const facts& x) {
  for (const auto& each : x.certificates) {
    if (!each.error.empty()) {
      out.push_back(
        {each.option, broken, each.file + ": " + each.error, "name a readable PEM file"});
      continue;
    }
    auto days = (each.until_ms - x.now_ms) / day_ms;
    bool is_over = each.until_ms <= x.now_ms;
    auto state = is_over ? broken : days < 30 ? doubtful : fine;
    out.push_back(
      {each.option,
       state,
       each.file + (is_over ? ": has expired" : fmt::format(": good for {} days", days)),
       state == fine ? "" : "renew it"});
  }
}

void add_store(items& out, const facts& x) {
  if (!x.store_error.empty()) {
    out.push_back(
      {"store",
       broken,
       x.store_engine + ": " + x.store_error,
       x.store_engine == "mariadb" ? "start the server, or mend storage.*" : "see data_dir"});
    return;
  }
  constexpr std::pair least{10, 5};
  bool is_old = x.store_engine == "mariadb" && version_of(x.store_version) < least;
  out.push_back({"store",
                 is_old ? doubtful : fine,
                 x.store_engine + " " + x.store_version,
                 is_old ? "use MariaDB 10.5 or later" : ""});
  if (x.store_schema) {
    bool is_newer = *x.store_schema > x.known_schema;
    out.push_back(
      {"schema",
       is_newer ? broken : fine,
       *x.store_schema == 0
         ? "none yet"
         : fmt::format("version {}, this release knows {}", *x.store_schema, x.known_schema),
       is_newer ? "use the newer release that made it" : ""});
  }
  if (x.may_define)
    out.push_back({"rights in the store",
                   *x.may_define ? fine : broken,
                   *x.may_define ? "may define tables" : "may not define tables",
                   *x.may_define ? "" : "grant all on the database to the user of storage.user"});
}

void add_others(items& out, const facts& x) {
  if (!x.log_store_url.empty())
    out.push_back(
      {"log store",
       x.log_store_error.empty() ? fine : broken,
       x.log_store_error.empty() ? x.log_store_url + " " + x.log_store_version : x.log_store_error,
       x.log_store_error.empty()
         ? ""
         : "start it, or mend logs.opensearch_url and what proves who asks"});
  if (!x.prometheus_url.empty())
    out.push_back({"prometheus",
                   x.prometheus_error.empty() ? fine : broken,
                   x.prometheus_error.empty() ? x.prometheus_url + " " + x.prometheus_version
                                              : x.prometheus_url + ": " + x.prometheus_error,
                   x.prometheus_error.empty() ? "" : "start it, or mend prometheus.url"});
  if (x.backup_directory.empty())
    return;
  bool is_late = !x.last_backup_ms || x.now_ms - *x.last_backup_ms > 2 * day_ms;
  out.push_back({"backup",
                 is_late ? doubtful : fine,
                 !x.last_backup_ms ? x.backup_directory + ": none yet"
                                   : fmt::format("{}: the last {} hours ago",
                                                 x.backup_directory,
                                                 (x.now_ms - *x.last_backup_ms) / 3'600'000),
                 is_late ? "look for backup-failed in the log; `aops-node backup` makes one" : ""});
}

void add_queue(items& out, const facts& x) {
  if (!x.has_queue)
    return;
  out.push_back({"kafka",
                 x.queue_error.empty() ? fine : broken,
                 x.queue_error.empty() ? fmt::format("{} brokers", x.queue_brokers) : x.queue_error,
                 x.queue_error.empty() ? "" : "start the brokers, or mend section kafka"});
  for (const auto& [topic, why] : x.queue_topics)
    out.push_back({"topic " + topic,
                   why.empty() ? fine : doubtful,
                   why.empty() ? "is there" : why,
                   why.empty() ? "" : "create it, or give the user of kafka.user rights on it"});
}

void add_plugins(items& out, const facts& x) {
  for (const auto& [name, why] : x.plugins)
    out.push_back({"plugin " + name,
                   why.empty() ? fine : doubtful,
                   why.empty() ? "serves" : why,
                   why.empty() ? "" : "look for plugin-away and plugin-said in the log"});
}

} // namespace

std::vector<examined_item> judge(const facts& x) {
  items out;
  for (auto* add : {add_system,
                    add_directory,
                    add_rights,
                    add_clock,
                    add_certificates,
                    add_store,
                    add_others,
                    add_queue,
                    add_plugins})
    add(out, x);
  return out;
}

std::string worst_of(const std::vector<examined_item>& all) {
  auto any = [&](const char* state) {
    return std::any_of(all.begin(), all.end(), [&](const auto& x) { return x.state == state; });
  };
  return any(broken) ? broken : any(doubtful) ? doubtful : fine;
}

} // namespace aops::doctor
