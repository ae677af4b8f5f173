#include "runtime/io/storage/alert_group_repository.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace aops::storage {

namespace {

/// An annotation that comes later would only bring an alert back that is over.
constexpr int64_t annotation_lasts_ms = 60'000;

/// Lines of a message.
constexpr size_t most_lines = 10, most_names = 3;

std::string text_of(const base::json& x) {
  return x.dump(-1, ' ', false, base::json::error_handler_t::replace);
}

template <class T>
bool has(const std::vector<T>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

/// Severities of other systems are not those of ours: then all hear of it.
bool is_for(const base::notify_receiver& to, const told_alert& x) {
  bool is_ours = x.severity == "critical" || x.severity == "warning" || x.severity == "info";
  return (to.owners.empty() || has(to.owners, x.owner)) &&
         (!is_ours || has(to.severities, x.severity));
}

bool is_alertmanager(const base::notify_receiver& to) { return to.format == "alertmanager"; }
bool is_chat(const base::notify_receiver& to) {
  return to.format != "json" && !is_alertmanager(to);
}

/// `a, b, c and 2 more`
std::string few(const std::vector<std::string>& all) {
  auto shown = std::min(all.size(), most_names);
  auto text =
    fmt::format("{}", fmt::join(all.begin(), all.begin() + static_cast<long>(shown), ", "));
  return all.size() > shown ? fmt::format("{} and {} more", text, all.size() - shown) : text;
}

/// The group as one message.
told_alert message_of(const diagnosed_group& group, const std::vector<told_alert>& alerts) {
  auto out = alerts.front();
  out.alert_id = group.job;
  out.labels.clear();
  out.annotations.clear();
  std::vector<std::string> hosts, names, lines;
  for (const auto& x : alerts) {
    if (!has(hosts, x.host_name))
      hosts.push_back(x.host_name);
    if (!has(names, x.check_item))
      names.push_back(x.check_item);
    auto line = x.cause;
    if (line.empty())
      line = "no report";
    if (alerts.size() > 1)
      line.insert(0, x.host_name + ": ");
    if (!has(lines, line))
      lines.push_back(std::move(line));
    out.since.ms = std::min(out.since.ms, x.since.ms);
    if (x.severity == "critical" || (x.severity == "warning" && out.severity == "info"))
      out.severity = x.severity;
  }
  if (lines.size() > most_lines) {
    auto left = lines.size() - most_lines;
    lines.resize(most_lines);
    lines.push_back(fmt::format("and {} more", left));
  }
  out.host_name = few(hosts);
  out.check_item = few(names);
  out.description.clear();
  out.cause = fmt::format("{}", fmt::join(lines, "\n"));
  return out;
}

} // namespace

expected<void> alert_group_repository::add(const diagnosed_group& x) {
  auto alerts = base::json::array();
  for (const auto& alert : x.alerts)
    alerts.push_back(base::encode(alert));
  auto body = text_of(alerts);
  return only(db_.run(
    db_.sql().insert_ignore("alert_group", {"job"}, {"owner", "slot", "body", "created_ms"}),
    x.job,
    x.owner,
    x.slot,
    body,
    x.created_ms));
}

expected<std::vector<diagnosed_group>>
alert_group_repository::in_slots(std::span<const uint16_t> slots, int64_t limit) {
  if (slots.empty())
    return std::vector<diagnosed_group>{};
  filter matching("1 = 1");
  storage::in_slots(matching, "g.slot", slots);
  return db_.list_with(
    "select g.job, g.owner, g.slot, g.created_ms, g.body, coalesce(j.state, '') from alert_group g "
    "left join job j on j.id = g.job where " +
      matching.where() + " order by g.n limit ?",
    matching.values_and(limit),
    [](const row& r) {
      diagnosed_group x{
        r.string(0), r.string(1), static_cast<uint16_t>(r.integer(2)), r.integer(3), {}};
      auto alerts = base::json::parse(r.text(4), nullptr, false);
      if (alerts.is_array())
        for (const auto& alert : alerts)
          if (auto read = base::decode<told_alert>(alert))
            x.alerts.push_back(std::move(*read));
      x.state = job_status_of(r.text(5));
      return x;
    });
}

expected<bool> alert_group_repository::is_rule_of_ours(const told_alert& x) {
  return db_
    .count(
      "select count(*) from check_rule where owner = ? and check_item = ?", x.owner, x.check_item)
    .map([](int64_t n) { return n > 0; });
}

expected<bool>
alert_group_repository::note_own(const told_alert& x, const group_teller& how, int64_t now_ms) {
  const auto& receivers = how.receivers;
  if (!x.labels.contains("host_id"))
    return false;
  struct mine {
    std::string id;
    told_alert alert;
  };
  auto found = db_.list(
    "select a.id, a.labels, a.value from alert a join host h on h.n = a.host "
    "where h.id = ? and a.check_item = ? and a.firing = 1",
    [&](const row& r) {
      mine m{r.string(0), {}};
      m.alert.check_item = x.check_item;
      m.alert.host_id = x.host_id;
      m.alert.host_name = x.host_name;
      m.alert.labels = labels_of(r.text(1));
      m.alert.value = r.string(2);
      return m;
    },
    x.host_id,
    x.check_item);
  if (!found)
    return fail(std::move(found.error()));
  // As Alertmanager had it from us, or from whoever judges by the same rule.
  auto own = std::find_if(
    found->begin(), found->end(), [&](const mine& m) { return how.is_same(m.alert, x.labels); });
  if (own == found->end()) // One of ours that has ended: nothing may bring it back.
    return is_rule_of_ours(x);
  struct told {
    int64_t key;
    std::string receiver, body;
  };
  auto rows = db_.list(
    "select n, receiver, body from notice where alert = ? and ended_ms = 0",
    [](const row& r) {
      return told{r.integer(0), r.string(1), r.string(2)};
    },
    own->id);
  if (!rows)
    return fail(std::move(rows.error()));
  auto done = for_each(*rows, [&](const told& t) -> expected<void> {
    auto body = base::decode_text<told_alert>(t.body);
    if (!body)
      return {}; // The notifier tells.
    body->cause = x.cause;
    body->report_id = x.report_id;
    bool is_now = std::any_of(receivers.begin(), receivers.end(), [&](const auto& to) {
      return is_alertmanager(to) && to.name == t.receiver;
    });
    auto text = text_of(base::encode(*body));
    return only(db_.run("update notice set body = ?, due_ms = case when ? = 1 and attempts = 0 "
                        "then ? else due_ms end where n = ?",
                        text,
                        is_now ? 1 : 0,
                        now_ms,
                        t.key));
  });
  if (!done)
    return fail(std::move(done.error()));
  return true;
}

expected<std::map<std::string, uint16_t>>
alert_group_repository::slots_of(const std::vector<told_alert>& alerts) {
  std::set<std::string> ids;
  for (const auto& x : alerts)
    ids.insert(x.host_id);
  std::map<std::string, uint16_t> slots;
  auto read = [&](const row& r) {
    slots.emplace(r.string(0), static_cast<uint16_t>(r.integer(1)));
    return true;
  };
  std::vector<std::string> hosts{ids.begin(), ids.end()};
  auto found = for_parts(hosts, [&](const std::vector<std::string>& part) {
    filter matching("1 = 1");
    matching.in("id", part);
    return only(db_.list_with(
      "select id, slot from host where " + matching.where(), matching.values(), read));
  });
  if (!found)
    return fail(std::move(found.error()));
  return slots;
}

expected<void> alert_group_repository::tell(const diagnosed_group& group,
                                            const std::vector<host_cause>& causes,
                                            const group_teller& how,
                                            int64_t now_ms) {
  const auto& receivers = how.receivers;
  auto gone = db_.run("delete from alert_group where job = ?", group.job);
  if (!gone)
    return fail(std::move(gone.error()));
  if (*gone == 0) // It was told.
    return {};
  auto alerts = group.alerts;
  auto slots = slots_of(alerts);
  if (!slots)
    return fail(std::move(slots.error()));
  // Whoever owns a host tells of it; of hosts that are deleted there is nothing to tell.
  std::erase_if(alerts, [&](const told_alert& x) { return !slots->contains(x.host_id); });
  std::vector<new_notice> all;
  for (auto& x : alerts) {
    auto cause = std::find_if(
      causes.begin(), causes.end(), [&](const auto& c) { return c.host_id == x.host_id; });
    if (cause == causes.end())
      continue;
    x.cause = cause->text;
    x.report_id = cause->report_id;
    auto is_own = note_own(x, how, now_ms);
    if (!is_own)
      return fail(std::move(is_own.error()));
    if (*is_own)
      continue;
    for (const auto& to : receivers)
      if (is_alertmanager(to) && is_for(to, x)) {
        auto told = x;
        told.until = moment{now_ms + annotation_lasts_ms};
        all.push_back({to.name, 0, std::move(told), now_ms, 0});
      }
  }
  if (!alerts.empty()) {
    auto message = message_of(group, alerts);
    for (const auto& to : receivers)
      if (is_chat(to) && std::any_of(alerts.begin(), alerts.end(), [&](const told_alert& x) {
            return is_for(to, x);
          }))
        all.push_back({to.name, 0, message, now_ms, 0});
  }
  for (auto& x : all)
    x.slot = slots->at(x.body.host_id);
  return notice_repository{db_}.add(all);
}

expected<int64_t> alert_group_repository::expire(int64_t before_ms) {
  return db_.run("delete from alert_group where created_ms < ? and not exists "
                 "(select 1 from job j where j.id = alert_group.job)",
                 before_ms);
}

} // namespace aops::storage
