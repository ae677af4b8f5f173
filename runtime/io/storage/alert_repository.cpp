#include "runtime/io/storage/alert_repository.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

/// The part of `alert_repository` that writes; `alert_pages.cpp` reads.
namespace aops::storage {

namespace {

/// What tells instances of a rule apart in an index.
std::string instance_of(const label_set& labels) {
  return labels.empty() ? std::string{} : base::sha256_hex(text_of(labels));
}

struct open_alert {
  int64_t key = 0;
  std::string id, value;
  bool is_firing = false;
};

/// Host, rule, instance.
using instance_key = std::tuple<int64_t, std::string, std::string>;
using open_alerts = std::map<instance_key, open_alert>;

expected<open_alerts> open_of(database& db, std::span<const host_alerts> hosts) {
  open_alerts out;
  std::vector<int64_t> keys;
  for (const auto& x : hosts)
    if (!x.changes->empty())
      keys.push_back(x.host);
  auto read = [&](const row& r) {
    out.try_emplace({r.integer(0), r.string(1), r.string(2)},
                    open_alert{r.integer(3), r.string(4), r.string(5), r.boolean(6)});
    return true;
  };
  auto found = for_parts(keys, [&](const std::vector<int64_t>& part) {
    filter matching("1 = 1");
    matching.in("host", part);
    return only(
      db.list_with("select host, check_item, instance, n, id, value, firing from alert where " +
                     matching.where() + std::string{db.sql().for_update()},
                   matching.values(),
                   read));
  });
  if (!found)
    return fail(std::move(found.error()));
  return out;
}

/// What the outbox says of a host and a rule.
struct known_host {
  std::string name, address;
  uint16_t slot = 0;
};
struct known_rule {
  std::string description;
  bool alerts_without_data = false;
};

class lookup {
public:
  explicit lookup(database& db) : db_(db) {}

  expected<void> read(std::span<const host_alerts> hosts) {
    std::map<std::string_view, std::set<std::string>> items;
    std::vector<int64_t> keys;
    for (const auto& x : hosts)
      for (const auto& change : *x.changes)
        if (change.value == "Abnormal" || change.value == "No data") {
          items[x.owner].insert(change.check_item);
          if (keys.empty() || keys.back() != x.host)
            keys.push_back(x.host);
        }
    return in_order([&] { return for_parts(keys, [&](const auto& x) { return read_hosts(x); }); },
                    [&] {
                      return for_each(items, [&](const auto& x) {
                        std::vector<std::string> names{x.second.begin(), x.second.end()};
                        return for_parts(
                          names, [&](const auto& part) { return read_rules(x.first, part); });
                      });
                    });
  }

  const known_host& host(int64_t key) { return hosts_[key]; }
  const known_rule& rule(std::string_view owner, const std::string& item) {
    return rules_[{std::string{owner}, item}];
  }

private:
  expected<void> read_hosts(const std::vector<int64_t>& keys) {
    filter matching("1 = 1");
    matching.in("n", keys);
    return only(db_.list_with(
      "select n, name, ip, slot from host where " + matching.where(),
      matching.values(),
      [&](const row& r) {
        hosts_[r.integer(0)] = {r.string(1), r.string(2), static_cast<uint16_t>(r.integer(3))};
        return true;
      }));
  }

  expected<void> read_rules(std::string_view owner, const std::vector<std::string>& items) {
    filter matching("r.owner = ?", owner);
    matching.in("r.check_item", items);
    return only(
      db_.list_with("select r.check_item, c.digest, c.body from check_rule r join content c on "
                    "c.n = r.content where " +
                      matching.where(),
                    matching.values(),
                    [&](const row& r) {
                      if (auto rule = decode_rule(r.text(1), r.text(2)))
                        rules_[{std::string{owner}, r.string(0)}] = {(*rule)->description,
                                                                     (*rule)->no_data == "alert"};
                      return true;
                    }));
  }

  database& db_;
  std::map<int64_t, known_host> hosts_;
  std::map<std::pair<std::string, std::string>, known_rule> rules_;
};

/// Collects what becomes of alerts, and then writes it in few statements.
class change_writer {
public:
  change_writer(database& db, std::span<const base::notify_receiver> tell)
      : db_(db), notices_(db), tell_(tell), known_(db) {}

  expected<void> write(std::span<const host_alerts> hosts) {
    auto open = open_of(db_, hosts);
    if (!open)
      return fail(std::move(open.error()));
    if (auto read = known_.read(hosts); !read)
      return read;
    for (const auto& host : hosts)
      for (const auto& x : *host.changes)
        take(host, x, *open);
    return in_order([&] { return db_.run_many("delete from alert where n = ?", 1, gone_); },
                    [&] {
                      return db_.run_many(
                        "insert into alert (id, owner, host, check_item, instance, labels, "
                        "value, severity, firing, since_ms, reason) "
                        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        11,
                        begun_);
                    },
                    [&] { return notices_.end(ended_); },
                    [&] { return notices_.add(told_); });
  }

private:
  void take(const host_alerts& host, const alert_change& x, open_alerts& open) {
    instance_key key{host.host, x.check_item, instance_of(x.labels)};
    auto old = open.find(key);
    bool is_there = old != open.end();
    auto id = alert_id_of(host.host_id, x);
    if (is_there && old->second.id == id && !x.value.empty())
      return; // Committed again.
    if (is_there) {
      gone_.emplace_back(old->second.key);
      if (old->second.is_firing)
        ended_.push_back({old->second.id, host.time_ms, what_follows(host, x)});
      open.erase(old);
    }
    if (!x.value.empty())
      begin(host, x, std::move(id), std::get<2>(key));
  }

  /// An instance that ends as its host falls silent has not become well: the row without labels
  /// says so.
  static std::pair<std::string, std::string> what_follows(const host_alerts& host,
                                                          const alert_change& x) {
    if (!x.value.empty())
      return {x.value, x.reason};
    for (const auto& other : *host.changes)
      if (other.check_item == x.check_item && other.value == "No data" && other.labels.empty())
        return {other.value, other.reason};
    return {};
  }

  void begin(const host_alerts& host, const alert_change& x, std::string id, std::string instance) {
    const auto& rule = known_.rule(host.owner, x.check_item);
    bool is_firing = x.value == "Abnormal" || (x.value == "No data" && rule.alerts_without_data);
    const auto& kept_id = texts_.emplace_back(std::move(id));
    const auto& kept_instance = texts_.emplace_back(std::move(instance));
    const auto& labels = texts_.emplace_back(text_of(x.labels));
    begun_.insert(begun_.end(),
                  {kept_id,
                   host.owner,
                   host.host,
                   x.check_item,
                   kept_instance,
                   labels,
                   x.value,
                   x.severity,
                   is_firing,
                   x.since_ms,
                   fitting(x.reason)});
    if (is_firing)
      tell(host, x, kept_id, rule.description);
  }

  void tell(const host_alerts& host,
            const alert_change& x,
            const std::string& id,
            const std::string& description) {
    const auto& about = known_.host(host.host);
    for (const auto& to : tell_) {
      if (!wants(to, x.severity, host.owner))
        continue;
      told_alert body;
      body.alert_id = id;
      body.owner = host.owner;
      body.host_id = host.host_id;
      body.host_name = about.name;
      body.public_ip = about.address;
      body.check_item = x.check_item;
      body.labels = x.labels;
      body.severity = x.severity;
      body.value = x.value;
      body.reason = x.reason;
      body.description = description;
      body.since.ms = x.since_ms;
      told_.push_back({to.name, about.slot, std::move(body), host.time_ms});
    }
  }

  database& db_;
  notice_repository notices_;
  std::span<const base::notify_receiver> tell_;
  lookup known_;
  std::deque<std::string> texts_; ///< What `begun_` refers to.
  std::vector<parameter> gone_, begun_;
  std::vector<notice_end> ended_;
  std::vector<new_notice> told_;
};

} // namespace

std::string alert_id_of(std::string_view host_id, const alert_change& x) {
  constexpr size_t digits = 32;
  base::json all =
    base::json::array({std::string{host_id}, x.check_item, x.labels, x.value, x.since_ms});
  return base::sha256_hex(all.dump(-1, ' ', false, base::json::error_handler_t::replace))
    .substr(0, digits);
}

expected<void> alert_repository::change(std::span<const host_alerts> hosts,
                                        std::span<const base::notify_receiver> tell) {
  if (std::all_of(hosts.begin(), hosts.end(), [](const auto& x) { return x.changes->empty(); }))
    return {};
  return change_writer{db_, tell}.write(hosts);
}

expected<void> alert_repository::end_of_rules(std::string_view owner,
                                              const std::vector<std::string>& items,
                                              int64_t now_ms) {
  return for_each(items, [&](const std::string& item) {
    return in_order(
      [&] {
        return db_.run("update notice set ended_ms = ?, due_ms = ?, attempts = 0, tried_ms = 0 "
                       "where ended_ms = 0 and alert in "
                       "(select id from alert where owner = ? and check_item = ?)",
                       now_ms,
                       now_ms,
                       owner,
                       item);
      },
      [&] { return db_.run("delete from alert where owner = ? and check_item = ?", owner, item); });
  });
}

expected<void> alert_repository::end_of_host(int64_t host, int64_t now_ms) {
  return in_order(
    [&] {
      return db_.run("update notice set ended_ms = ?, due_ms = ?, attempts = 0, tried_ms = 0 "
                     "where ended_ms = 0 and alert in (select id from alert where host = ?)",
                     now_ms,
                     now_ms,
                     host);
    },
    [&] { return db_.run("delete from alert where host = ?", host); });
}

} // namespace aops::storage
