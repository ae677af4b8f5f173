#include "runtime/io/storage/alert_repository.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

/// The part of `alert_repository` that writes; `alert_pages.cpp` reads.
namespace aops::storage {

namespace {

/// What tells instances of a rule apart in an index.
std::string instance_of(const label_set& labels) {
  return labels.empty() ? std::string{} : base::sha256_hex(text_of(labels));
}

/// Most rules give their alerts nothing.
std::string text_if_any(const label_set& labels) {
  return labels.empty() ? std::string{} : text_of(labels);
}

struct open_alert {
  int64_t key = 0, since_ms = 0;
  std::string id, severity;
  bool is_firing = false;
  std::optional<size_t> begun = {}; ///< It began in this very write.
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
                    open_alert{r.integer(3), r.integer(4), r.string(5), r.string(6), r.boolean(7)});
    return true;
  };
  auto found = for_parts(keys, [&](const std::vector<int64_t>& part) {
    filter matching("1 = 1");
    matching.in("host", part);
    return only(db.list_with(
      "select host, check_item, instance, n, since_ms, id, severity, firing from alert where " +
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
    for (const auto& x : begun_)
      if (x.is_firing)
        tell(x);
    return in_order([&] { return db_.run_many("delete from alert where n = ?", 1, gone_); },
                    [&] { return insert_begun(); },
                    [&] { return db_.run_many(ranked, 3, ranks_); },
                    [&] { return tell_again(); },
                    [&] { return notices_.add(told_); },
                    [&] { return notices_.end(ended_); });
  }

private:
  static constexpr const char* ranked = "update alert set severity = ?, firing = ? where n = ?";

  /// An alert as one change has it.
  struct alert_now {
    const host_alerts* host;
    const alert_change* change;
    std::string id, instance, labels;
    std::string rule_labels{}, annotations{}; ///< Of the rule.
    bool is_firing = false, is_over = false;
  };

  void take(const host_alerts& host, const alert_change& x, open_alerts& open) {
    instance_key key{host.host, x.check_item, instance_of(x.labels)};
    auto old = open.find(key);
    bool is_there = old != open.end();
    alert_now now{&host, &x, alert_id_of(host.host_id, x), std::get<2>(key), text_of(x.labels)};
    now.rule_labels = text_if_any(x.rule_labels);
    now.annotations = text_if_any(x.annotations);
    now.is_firing = is_firing(host, x);
    if (is_there && old->second.id == now.id && !x.value.empty())
      return renew(old->second, std::move(now));
    if (is_there && old->second.since_ms > x.since_ms)
      return; // Committed again: that was before.
    if (is_there) {
      end(old->second, host, x);
      open.erase(old);
    }
    if (x.value.empty())
      return;
    open.emplace(key, open_alert{0, x.since_ms, now.id, x.severity, now.is_firing, begun_.size()});
    begun_.push_back(std::move(now));
  }

  bool is_firing(const host_alerts& host, const alert_change& x) {
    return x.value == "Abnormal" ||
           (x.value == "No data" && known_.rule(host.owner, x.check_item).alerts_without_data);
  }

  void end(const open_alert& old, const host_alerts& host, const alert_change& x) {
    if (old.begun)
      begun_[*old.begun].is_over = true;
    else
      gone_.emplace_back(old.key);
    if (old.is_firing)
      ended_.push_back({old.id, std::min(x.since_ms, host.time_ms), what_follows(host, x)});
  }

  /// It lasts. Committed again, or its rule says by now that it is more or less severe.
  void renew(open_alert& old, alert_now now) {
    const auto& x = *now.change;
    if (old.severity == x.severity && old.is_firing == now.is_firing)
      return;
    old.severity = x.severity;
    bool was_firing = std::exchange(old.is_firing, now.is_firing);
    if (old.begun) {
      begun_[*old.begun] = std::move(now);
      return;
    }
    ranks_.insert(ranks_.end(), {x.severity, now.is_firing, old.key});
    std::erase_if(again_, [&](const alert_now& before) { return before.id == now.id; });
    if (now.is_firing)
      again_.push_back(std::move(now));
    else if (was_firing)
      ended_.push_back({old.id, now.host->time_ms, {x.value, x.reason}});
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

  expected<void> insert_begun() {
    std::vector<parameter> rows;
    for (const auto& x : begun_)
      if (!x.is_over)
        rows.insert(rows.end(),
                    {x.id,
                     x.host->owner,
                     x.host->host,
                     x.change->check_item,
                     x.instance,
                     x.labels,
                     x.change->value,
                     x.change->severity,
                     x.is_firing,
                     x.change->since_ms,
                     fitting(x.change->reason),
                     x.rule_labels,
                     x.annotations});
    return only(db_.run_many("insert into alert (id, owner, host, check_item, instance, labels, "
                             "value, severity, firing, since_ms, reason, rule_labels, annotations) "
                             "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                             13,
                             rows));
  }

  void tell(const alert_now& x) {
    for (const auto& to : tell_)
      if (wants(to, x.change->severity, x.host->owner))
        told_.push_back(notice_of(x, to));
  }

  /// Alerts of another severity: who is told of such hears it now, whatever he heard before; who is
  /// not hears of the end alone, when he knows of the beginning.
  expected<void> tell_again() {
    std::vector<std::string> ids;
    for (const auto& x : again_)
      ids.push_back(x.id);
    auto known = notices_.of_alerts(ids);
    if (!known)
      return fail(std::move(known.error()));
    std::vector<parameter> replaced;
    for (const auto& x : again_)
      for (const auto& to : tell_) {
        auto before = known->find({x.id, to.name});
        bool was_told = before != known->end() && before->second.times > 0;
        bool is_wanted = wants(to, x.change->severity, x.host->owner);
        if (before != known->end())
          replaced.emplace_back(before->second.key);
        if (!is_wanted && !was_told)
          continue;
        auto notice = notice_of(x, to);
        notice.times = was_told ? before->second.times : 0;
        if (!is_wanted)
          notice.due_ms = not_again_ms;
        told_.push_back(std::move(notice));
      }
    // Rows of their own: whoever tells the old ones now does not answer for these.
    return only(db_.run_many("delete from notice where n = ?", 1, replaced));
  }

  new_notice notice_of(const alert_now& x, const base::notify_receiver& to) {
    const auto& about = known_.host(x.host->host);
    told_alert body;
    body.alert_id = x.id;
    body.owner = x.host->owner;
    body.host_id = x.host->host_id;
    body.host_name = about.name;
    body.public_ip = about.address;
    body.check_item = x.change->check_item;
    body.labels = x.change->labels;
    body.severity = x.change->severity;
    body.value = x.change->value;
    body.reason = x.change->reason;
    body.description = known_.rule(x.host->owner, x.change->check_item).description;
    body.since.ms = x.change->since_ms;
    body.rule_labels = x.change->rule_labels;
    body.annotations = x.change->annotations;
    return {to.name, about.slot, std::move(body), x.host->due_ms};
  }

  database& db_;
  notice_repository notices_;
  std::span<const base::notify_receiver> tell_;
  lookup known_;
  std::vector<alert_now> begun_, again_;
  std::vector<parameter> gone_, ranks_; ///< Refer to the changes.
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
