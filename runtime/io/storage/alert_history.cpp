#include "runtime/io/storage/alert_history.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace aops::storage {

namespace {

/// Host, rule, labels, value.
using instance_in_time = std::tuple<std::string, std::string, label_set, std::string>;
using stretches_of_alerts = std::map<instance_in_time, std::vector<alert_stretch>>;

/// What a rule says of its alerts without looking at any: labels with templates are left out.
label_set plain_labels(const label_set& labels) {
  label_set out;
  for (const auto& [name, value] : labels)
    if (value.find("{{") == value.npos)
      out.emplace(name, value);
  return out;
}

void take_result(stretches_of_alerts& out, const row& r) {
  auto rule = decode_rule(r.text(4), r.text(5));
  auto value = r.string(2);
  if (!rule || (value == "No data" && (*rule)->no_data != "alert"))
    return;
  alert_stretch x;
  x.host_id = r.string(0);
  x.check_item = r.string(1);
  x.value = value;
  x.labels = labels_of(r.text(3));
  x.severity = (*rule)->severity;
  x.rule_labels = plain_labels((*rule)->labels);
  x.from_ms = r.integer(6);
  x.until_ms = r.integer(7);
  auto& all = out[{x.host_id, x.check_item, x.labels, value}];
  // Long ones are stored in pieces that share a moment.
  if (!all.empty() && all.back().until_ms >= x.from_ms)
    all.back().until_ms = std::max(all.back().until_ms, x.until_ms);
  else
    all.push_back(std::move(x));
}

/// What is an alert now is one since it began, whatever was stored of it.
void take_open(stretches_of_alerts& out, const row& r, const alert_history_query& q) {
  alert_stretch x;
  x.host_id = r.string(0);
  x.check_item = r.string(1);
  x.value = r.string(2);
  x.labels = labels_of(r.text(3));
  x.severity = r.string(4);
  x.rule_labels = labels_of(r.text(5));
  x.from_ms = r.integer(6);
  x.until_ms = q.until_ms;
  x.lasts = true;
  if (x.from_ms > q.until_ms)
    return;
  auto& all = out[{x.host_id, x.check_item, x.labels, x.value}];
  std::erase_if(all, [&](const alert_stretch& y) { return y.until_ms >= x.from_ms; });
  all.push_back(std::move(x));
}

} // namespace

expected<alert_history> read_alert_history(database& db, const alert_history_query& q) {
  if (q.hosts.empty())
    return alert_history{};
  snapshot view{db};
  if (!view)
    return fail(view.error());
  stretches_of_alerts found;
  int64_t left = q.most;
  auto results = [&](const std::vector<std::string>& hosts, const std::vector<std::string>& items) {
    filter matching("h.owner = ? and r.origin = ? and r.start_ms <= ? and r.start_ms >= ? and "
                    "r.end_ms >= ? and r.value <> 'Internal error'",
                    q.owner,
                    from_engine,
                    q.until_ms,
                    q.from_ms - result_repository::longest_ms,
                    q.from_ms);
    matching.in("h.id", hosts);
    matching.in("r.check_item", items);
    auto rows = db.list_with(
      "select h.id, r.check_item, r.value, coalesce(l.labels, ''), c.digest, c.body, r.start_ms, "
      "r.end_ms from host h join check_result r on r.host = h.n join content c on c.n = r.rule" +
        std::string{join_labels} + "where " + matching.where() +
        " order by h.n, r.check_item, r.start_ms, r.n limit ?",
      matching.values_and(left + 1),
      [&](const row& r) {
        take_result(found, r);
        return true;
      });
    if (!rows)
      return expected<void>{fail(std::move(rows.error()))};
    left -= static_cast<int64_t>(rows->size());
    if (left < 0)
      return expected<void>{
        fail(ec::overloaded,
             "query processing would load too many samples into memory in query execution")};
    return expected<void>{};
  };
  auto open = [&](const std::vector<std::string>& hosts) {
    filter matching("a.owner = ? and a.firing = 1", q.owner);
    matching.in("h.id", hosts);
    if (q.check_items.size() <= filter::most_in_list)
      matching.in("a.check_item", q.check_items);
    return only(db.list_with(
      "select h.id, a.check_item, a.value, a.labels, a.severity, a.rule_labels, a.since_ms "
      "from alert a join host h on h.n = a.host where " +
        matching.where(),
      matching.values(),
      [&](const row& r) {
        take_open(found, r, q);
        return true;
      }));
  };
  auto done = for_parts(q.hosts, [&](const std::vector<std::string>& hosts) {
    return in_order(
      [&] {
        return q.check_items.empty() ? results(hosts, {})
                                     : for_parts(q.check_items, [&](const auto& items) {
                                         return results(hosts, items);
                                       });
      },
      [&] { return open(hosts); });
  });
  if (!done)
    return fail(std::move(done.error()));
  alert_history out;
  for (auto& [instance, all] : found)
    out.all.insert(
      out.all.end(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  return out;
}

} // namespace aops::storage
