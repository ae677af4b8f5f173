#include "runtime/io/storage/notice_repository.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

namespace aops::storage {

namespace {

bool has(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

/// What has yet to be told of an alert, rather than what is told again or what a silence holds.
constexpr const char* untold = "(times = 0 or ended_ms > 0) and silence = ''";

std::string text_of(const told_alert& x) {
  return base::encode(x).dump(-1, ' ', false, base::json::error_handler_t::replace);
}

} // namespace

bool wants(const base::notify_receiver& to, std::string_view severity, std::string_view owner) {
  return has(to.severities, severity) && (to.owners.empty() || has(to.owners, owner));
}

std::string_view fitting(std::string_view text, size_t most) { return base::fitting(text, most); }

void in_slots(filter& to, std::string_view column, std::span<const uint16_t> slots) {
  constexpr size_t all = 256;
  if (slots.size() < all)
    to.in(column, std::vector<uint16_t>(slots.begin(), slots.end()));
}

expected<void> notice_repository::add(const std::vector<new_notice>& all) {
  std::deque<std::string> bodies;
  std::vector<parameter> values;
  for (const auto& x : all)
    values.insert(values.end(),
                  {x.body.alert_id,
                   x.receiver,
                   x.slot,
                   bodies.emplace_back(text_of(x.body)),
                   x.times,
                   0,
                   "",
                   "",
                   0,
                   0,
                   x.due_ms});
  return only(db_.run_many(db_.sql().insert_ignore("notice",
                                                   {"alert", "receiver"},
                                                   {"slot",
                                                    "body",
                                                    "times",
                                                    "ended_ms",
                                                    "ended_as",
                                                    "ended_reason",
                                                    "attempts",
                                                    "tried_ms",
                                                    "due_ms"}),
                           11,
                           values));
}

expected<std::map<std::pair<std::string, std::string>, known_notice>>
notice_repository::of_alerts(const std::vector<std::string>& ids) {
  std::map<std::pair<std::string, std::string>, known_notice> out;
  auto read = [&](const row& r) {
    out[{r.string(0), r.string(1)}] = {r.integer(2), r.integer(3)};
    return true;
  };
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) {
    filter matching("1 = 1");
    matching.in("alert", part);
    return only(db_.list_with("select alert, receiver, n, times from notice where " +
                                matching.where() + std::string{db_.sql().for_update()},
                              matching.values(),
                              read));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<void> notice_repository::end(const std::vector<notice_end>& all) {
  std::vector<parameter> values;
  for (const auto& x : all)
    values.insert(values.end(),
                  {x.time_ms, x.then.first, fitting(x.then.second), x.time_ms, x.alert});
  return only(
    db_.run_many("update notice set ended_ms = ?, ended_as = ?, ended_reason = ?, due_ms = ?, "
                 "attempts = 0, tried_ms = 0 where alert = ? and ended_ms = 0",
                 5,
                 values));
}

expected<int64_t> notice_repository::adopt(std::span<const base::notify_receiver> tell,
                                           std::span<const uint16_t> slots,
                                           int64_t now_ms) {
  std::vector<new_notice> missing;
  auto done = for_each(tell, [&](const base::notify_receiver& to) -> expected<void> {
    filter matching("a.firing = 1 and not exists (select 1 from notice x where x.alert = a.id and "
                    "x.receiver = ?)",
                    to.name);
    matching.in("a.severity", to.severities).in("a.owner", to.owners);
    in_slots(matching, "h.slot", slots);
    auto read = [&](const row& r) {
      new_notice x{to.name, static_cast<uint16_t>(r.integer(0)), {}, now_ms};
      auto& b = x.body;
      b.alert_id = r.string(1);
      b.owner = r.string(2);
      b.host_id = r.string(3);
      b.host_name = r.string(4);
      b.public_ip = r.string(5);
      b.check_item = r.string(6);
      b.labels = labels_of(r.text(7));
      b.severity = r.string(8);
      b.value = r.string(9);
      b.reason = r.string(10);
      b.since.ms = r.integer(11);
      b.rule_labels = labels_of(r.text(12));
      b.annotations = labels_of(r.text(13));
      if (!r.is_null(14))
        if (auto rule = decode_rule(r.text(14), r.text(15)))
          b.description = (*rule)->description;
      missing.push_back(std::move(x));
      return true;
    };
    return only(db_.list_with(
      "select h.slot, a.id, a.owner, h.id, h.name, h.ip, a.check_item, a.labels, a.severity, "
      "a.value, a.reason, a.since_ms, a.rule_labels, a.annotations, c.digest, c.body "
      "from alert a join host h on h.n = a.host "
      "left join check_rule r on r.owner = a.owner and r.check_item = a.check_item "
      "left join content c on c.n = r.content where " +
        matching.where(),
      matching.values(),
      read));
  });
  if (done)
    done = add(missing);
  if (!done)
    return fail(std::move(done.error()));
  return static_cast<int64_t>(missing.size());
}

expected<std::vector<notice>> notice_repository::due(const std::vector<std::string>& receivers,
                                                     std::span<const uint16_t> slots,
                                                     int64_t now_ms,
                                                     int64_t limit) {
  if (receivers.empty() || slots.empty())
    return std::vector<notice>{};
  filter matching("due_ms <= ?", now_ms);
  matching.in("receiver", receivers);
  in_slots(matching, "slot", slots);
  auto read = [](const row& r) {
    notice x;
    x.key = r.integer(0);
    x.receiver = r.string(1);
    x.slot = static_cast<uint16_t>(r.integer(2));
    if (auto body = base::decode_text<told_alert>(r.text(3)))
      x.body = std::move(*body);
    x.times = r.integer(4);
    x.body.ended.ms = r.integer(5);
    x.body.ended_as = r.string(6);
    x.body.ended_reason = r.string(7);
    x.attempts = r.integer(8);
    x.tried_ms = r.integer(9);
    x.due_ms = r.integer(10);
    x.was_held = r.boolean(11);
    return x;
  };
  auto found = db_.list_with("select n, receiver, slot, body, times, ended_ms, ended_as, "
                             "ended_reason, attempts, tried_ms, due_ms, held from notice where " +
                               matching.where() + " order by due_ms, n limit ?",
                             matching.values_and(limit),
                             read);
  if (found)
    if (auto noted = note_begun_again(*found); !noted)
      return fail(std::move(noted.error()));
  return found;
}

expected<void> notice_repository::note_begun_again(std::vector<notice>& all) {
  std::set<std::string> hosts, items;
  for (const auto& x : all)
    if (x.body.ended.ms > 0) {
      hosts.insert(x.body.host_id);
      items.insert(x.body.check_item);
    }
  if (hosts.empty())
    return {};
  using kind = std::tuple<std::string, std::string, label_set, std::string, std::string>;
  std::map<kind, std::string> lasting; ///< Their ids.
  auto read = [&](const row& r) {
    lasting.try_emplace(
      kind{r.string(0), r.string(1), labels_of(r.text(2)), r.string(3), r.string(4)}, r.string(5));
    return true;
  };
  using texts = std::vector<std::string>;
  auto done = for_parts(texts{hosts.begin(), hosts.end()}, [&](const texts& some) {
    return for_parts(texts{items.begin(), items.end()}, [&](const texts& part) {
      filter matching("a.firing = 1");
      matching.in("h.id", some).in("a.check_item", part);
      return only(
        db_.list_with("select h.id, a.check_item, a.labels, a.value, a.severity, a.id from alert a "
                      "join host h on h.n = a.host where " +
                        matching.where(),
                      matching.values(),
                      read));
    });
  });
  if (!done)
    return done;
  for (auto& x : all)
    if (const auto& b = x.body; b.ended.ms > 0) {
      auto again = lasting.find({b.host_id, b.check_item, b.labels, b.value, b.severity});
      x.is_begun_again = again != lasting.end() && again->second != b.alert_id;
    }
  return {};
}

expected<void> notice_repository::told(int64_t key, int64_t next_ms) {
  return only(
    db_.run("update notice set times = times + 1, attempts = 0, tried_ms = 0, silence = '', "
            "held = 0, due_ms = case when ended_ms > 0 then due_ms else ? end where n = ?",
            next_ms,
            key));
}

expected<void> notice_repository::hold(
  int64_t key, std::string_view silence, bool is_untold, int64_t now_ms, int64_t next_ms) {
  // Locked: whoever ends it sees this row afterwards.
  auto lasts = db_.integer("select n from silence where id = ? and end_ms > ?" +
                             std::string{db_.sql().for_update()},
                           silence,
                           now_ms);
  if (!lasts)
    return fail(std::move(lasts.error()));
  if (!*lasts)
    return {};
  return only(db_.run("update notice set silence = ?, held = ?, due_ms = ? "
                      "where n = ? and ended_ms = 0",
                      silence,
                      is_untold,
                      next_ms,
                      key));
}

expected<void> notice_repository::forget(int64_t key) {
  return only(db_.run("delete from notice where n = ?", key));
}

expected<void> notice_repository::failed(int64_t key, int64_t now_ms, int64_t next_ms) {
  return only(db_.run("update notice set attempts = attempts + 1, "
                      "silence = '', held = 0, tried_ms = case when tried_ms = 0 then ? else "
                      "tried_ms end, due_ms = ? "
                      "where n = ?",
                      now_ms,
                      next_ms,
                      key));
}

expected<int64_t>
notice_repository::trim(std::string_view receiver, std::span<const uint16_t> slots, int64_t most) {
  filter matching(std::string{"receiver = ? and "} + untold, receiver);
  in_slots(matching, "slot", slots);
  auto count =
    db_.integer_with("select count(*) from notice where " + matching.where(), matching.values());
  if (!count)
    return fail(std::move(count.error()));
  auto surplus = count->value_or(0) - most;
  if (surplus <= 0)
    return 0;
  auto oldest =
    db_.list_with("select n from notice where " + matching.where() + " order by n limit ?",
                  matching.values_and(surplus),
                  [](const row& r) { return r.integer(0); });
  if (!oldest)
    return fail(std::move(oldest.error()));
  std::vector<parameter> keys(oldest->begin(), oldest->end());
  return db_.run_many("delete from notice where n = ?", 1, keys);
}

expected<int64_t> notice_repository::forget_others(const std::vector<std::string>& receivers,
                                                   std::span<const uint16_t> slots) {
  filter matching("1 = 1");
  in_slots(matching, "slot", slots);
  for (const auto& name : receivers)
    matching.also("receiver <> ?", name);
  return db_.run_with("delete from notice where " + matching.where(), matching.values());
}

expected<std::vector<std::pair<std::string, int64_t>>>
notice_repository::waiting(std::span<const uint16_t> slots) {
  filter matching(untold);
  in_slots(matching, "slot", slots);
  return db_.list_with("select receiver, count(*) from notice where " + matching.where() +
                         " group by receiver order by receiver",
                       matching.values(),
                       [](const row& r) {
                         return std::pair{r.string(0), r.integer(1)};
                       });
}

} // namespace aops::storage
