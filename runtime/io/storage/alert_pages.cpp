#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/steps.hpp"

/// The part of `alert_repository` that reads.
namespace aops::storage {

namespace {

constexpr int64_t most_silent = 1000;

/// A host whose exporter did not answer last.
constexpr const char* is_silent = "(h.scrape_error <> '' or h.status = 'offline')";

alert_info read_alert(const row& r) {
  alert_info x;
  x.alert_id = r.string(0);
  x.host_id = r.string(1);
  x.host_name = r.string(2);
  x.check_item = r.string(3);
  x.labels = labels_of(r.text(4));
  x.value = r.string(5);
  x.severity = r.string(6);
  x.firing = r.boolean(7);
  x.since.ms = r.integer(8);
  x.reason = r.string(9);
  x.rule_labels = labels_of(r.text(10));
  x.host_group = r.integer(11);
  return x;
}

silent_host read_silent(const row& r) {
  return {r.string(0), r.string(1), r.string(2), {r.integer(3)}, r.string(4), r.integer(5)};
}

/// @param hosts, alerts Conditions on `host h`, and on `alert a` joined with it.
expected<status_counts> count(database& db, const filter& hosts, const filter& alerts) {
  status_counts out;
  auto add_host = [&](const row& r) {
    auto status = r.text(0);
    if (status == "unknown")
      out.moved += r.integer(2);
    (status == "online"    ? out.online
     : status == "offline" ? out.offline
                           : out.unknown) += r.integer(1);
    return true;
  };
  auto add_alerts = [&](const row& r) {
    auto value = r.text(0), severity = r.text(1);
    auto& sum = !r.boolean(2)            ? (value == "No data" ? out.no_data : out.internal_error)
                : severity == "critical" ? out.critical
                : severity == "info"     ? out.info
                                         : out.warning;
    sum += r.integer(3);
    return true;
  };
  auto done = in_order(
    [&] {
      return db.list_with("select h.status, count(*), "
                          "sum(case when h.first_online_ms < 0 then 1 else 0 end) from host h "
                          "where " +
                            hosts.where() + " group by h.status",
                          hosts.values(),
                          add_host);
    },
    [&] {
      return db.list_with("select a.value, a.severity, a.firing, count(*) from alert a join host h "
                          "on h.n = a.host where " +
                            alerts.where() + " group by a.value, a.severity, a.firing",
                          alerts.values(),
                          add_alerts);
    });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace

expected<std::vector<alert_change>> alert_repository::of_host(int64_t host) {
  return db_.list(
    "select check_item, labels, value, since_ms, severity, reason from alert where host = ? "
    "order by check_item, instance",
    [](const row& r) {
      return alert_change{
        r.string(0), labels_of(r.text(1)), r.string(2), r.integer(3), r.string(4), r.string(5)};
    },
    host);
}

expected<alerts_page> alert_repository::page(const scope& of, const alerts_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter matching("a.owner = ?", of.owner());
  of.limit_groups(matching, "h.host_group");
  auto in = [&](std::string_view field, std::string_view column, const auto& list) {
    if (!list)
      return expected<void>{};
    matching.in(column, static_cast<const std::vector<std::string>&>(*list));
    return check_length(field, list->size());
  };
  auto fair = in_order([&] { return in("host_list", "h.id", q.host_list); },
                       [&] { return in("check_items", "a.check_item", q.check_items); },
                       [&] { return in("severity", "a.severity", q.severity); });
  if (!fair)
    return fail(std::move(fair.error()));
  if (q.value)
    matching.also("a.value = ?", *q.value);
  if (q.firing)
    matching.also("a.firing = ?", *q.firing);
  if (q.fold.value_or(false))
    matching.also(std::string{"not (a.firing = 0 and a.value = 'No data' and "} + is_silent + ")");
  const std::string source = "alert a join host h on h.n = a.host";
  auto p = paging_of(q);
  auto window = window_of(db_, p, source, matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {
    {"since", "a.since_ms"},
    {"severity", "case a.severity when 'critical' then 3 when 'warning' then 2 else 1 end"},
    {"check_item", "a.check_item"},
    {"host_name", "h.name"}};
  auto order = p.sort.empty() ? std::string{" order by a.firing desc, a.since_ms desc, a.n desc"}
                              : order_by(p, choices, "a.n", "a.n");
  auto rows =
    db_.list_with("select a.id, h.id, h.name, a.check_item, a.labels, a.value, "
                  "a.severity, a.firing, a.since_ms, a.reason, a.rule_labels, h.host_group from " +
                    source + " where " + matching.where() + order + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  read_alert);
  if (!rows)
    return fail(std::move(rows.error()));
  alerts_page out;
  set_totals(out, window->total, p);
  out.alerts = std::move(*rows);
  return out;
}

expected<status_counts> alert_repository::counts(const scope& of, const status_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter hosts("h.owner = ?", of.owner()), alerts("a.owner = ?", of.owner());
  for (auto* to : {&hosts, &alerts})
    of.limit_groups(*to, "h.host_group");
  if (q.host_list) {
    if (auto fair = check_length("host_list", q.host_list->size()); !fair)
      return fail(std::move(fair.error()));
    for (auto* to : {&hosts, &alerts})
      to->in("h.id", static_cast<const std::vector<std::string>&>(*q.host_list));
  }
  auto out = count(db_, hosts, alerts);
  if (!out)
    return out;
  hosts.also(is_silent);
  auto done = in_order(
    [&] {
      return db_.integer_with("select count(*) from host h where " + hosts.where(), hosts.values())
        .map([&](auto n) { out->silent = n.value_or(0); });
    },
    [&] {
      return db_
        .list_with("select h.id, h.name, h.status, h.status_since_ms, h.scrape_error, "
                   "(select count(*) from alert a where a.host = h.n and a.firing = 0 and "
                   "a.value = 'No data') from host h where " +
                     hosts.where() + " order by h.name limit ?",
                   hosts.values_and(most_silent),
                   read_silent)
        .map([&](auto rows) { out->silent_hosts = std::move(rows); });
    });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<status_counts> alert_repository::counts_in(std::span<const uint16_t> slots) {
  if (slots.empty())
    return status_counts{};
  filter matching("1 = 1");
  in_slots(matching, "h.slot", slots);
  return count(db_, matching, matching);
}

} // namespace aops::storage
