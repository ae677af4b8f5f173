#include "runtime/io/storage/outbox_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <map>

namespace aops::storage {

namespace {

/// Of one batch, and what one event more brings.
constexpr int64_t most_bytes = 8 << 20;

parameter bytes(const std::optional<std::string>& text) {
  return text ? parameter(blob{*text}) : parameter();
}

std::optional<std::string> bytes_in(const row& r, int column) {
  return r.is_null(column) ? std::nullopt : std::optional{r.string(column)};
}

} // namespace

event_topics event_topics_of(const base::config& c) {
  event_topics out;
  if (!c.kafka.enabled)
    return out;
  auto has = [&](std::string_view what) {
    return std::find(c.kafka.publish.begin(), c.kafka.publish.end(), what) != c.kafka.publish.end();
  };
  if (has("results"))
    out.results = c.kafka.result_topic;
  if (has("progress"))
    out.progress = c.kafka.progress_topic;
  if (has("reports"))
    out.reports = c.kafka.report_topic;
  return out;
}

expected<void> outbox_repository::add(const std::vector<outbox_event>& events) {
  std::vector<parameter> values;
  for (const auto& x : events)
    values.insert(values.end(),
                  {x.event_id, x.topic, bytes(x.message_key), bytes(x.body), x.headers});
  return only(db_.run_many(
    "insert into outbox_event (event_id, topic, message_key, body, headers) values (?, ?, ?, ?, ?)",
    5,
    values));
}

expected<int64_t> outbox_repository::claim(std::string_view batch, int64_t limit) {
  // By their keys: what comes meanwhile is not part of it.
  auto rows = db_.list(
    "select n, coalesce(length(body), 0) from outbox_event where batch = '' order by n limit ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return std::pair{r.integer(0), r.integer(1)};
    },
    limit);
  if (!rows)
    return fail(std::move(rows.error()));
  std::vector<parameter> values;
  int64_t taken = 0;
  for (auto [key, size] : *rows) {
    if (taken > most_bytes)
      break;
    taken += size;
    values.insert(values.end(), {batch, key});
  }
  return db_.run_many("update outbox_event set batch = ? where n = ?", 2, values);
}

expected<std::vector<std::pair<std::string, outbox_event>>> outbox_repository::claimed() {
  return db_.list(
    "select batch, n, event_id, topic, message_key, body, headers from outbox_event "
    "where batch > '' order by batch, n",
    [](const row& r) {
      return std::pair{
        r.string(0),
        outbox_event{
          r.integer(1), r.string(2), r.string(3), bytes_in(r, 4), bytes_in(r, 5), r.string(6)}};
    });
}

expected<int64_t> outbox_repository::published(std::string_view batch) {
  return db_.run("delete from outbox_event where batch = ?", batch);
}

expected<void> outbox_repository::forget(const std::vector<int64_t>& keys) {
  std::vector<parameter> values(keys.begin(), keys.end());
  return only(db_.run_many("delete from outbox_event where n = ?", 1, values));
}

expected<int64_t> outbox_repository::waiting(int64_t most) {
  return db_.count("select count(*) from (select n from outbox_event limit ?) x", most);
}

expected<int64_t>
outbox_repository::trim(int64_t most, const event_topics& events, int64_t now_ms) {
  auto count = waiting(most + trimmed_at_once);
  if (!count || *count <= most)
    return count.map([](int64_t) { return int64_t{0}; });
  auto keys = db_.list(
    "select n from outbox_event where batch = '' and topic in (?, ?, ?) order by n limit ?",
    [](const row& r) { return r.integer(0); },
    events.results,
    events.progress,
    events.reports,
    *count - most);
  if (!keys)
    return fail(std::move(keys.error()));
  return drop(*keys, "too_many", now_ms).map([&] { return static_cast<int64_t>(keys->size()); });
}

expected<void> outbox_repository::refused(const std::vector<int64_t>& keys, int64_t now_ms) {
  return drop(keys, "refused", now_ms);
}

expected<void>
outbox_repository::drop(const std::vector<int64_t>& keys, std::string_view reason, int64_t now_ms) {
  std::map<std::string, int64_t> by_topic;
  auto counted = for_parts(keys, [&](const std::vector<int64_t>& part) {
    filter matching("1 = 1");
    matching.in("n", part);
    return only(db_.list_with("select topic from outbox_event where " + matching.where(),
                              matching.values(),
                              [&](const row& r) { return ++by_topic[r.string(0)]; }));
  });
  if (!counted)
    return counted;
  auto noted = for_each(by_topic, [&](const auto& entry) {
    const auto& topic = entry.first;
    const auto events = entry.second;
    return only(update_or_insert(
      [&] {
        return db_.run("update outbox_loss set events = events + ?, last_ms = ? "
                       "where topic = ? and reason = ?",
                       events,
                       now_ms,
                       topic,
                       reason);
      },
      [&] {
        return db_.run("insert into outbox_loss (topic, reason, events, first_ms, last_ms) "
                       "values (?, ?, ?, ?, ?)",
                       topic,
                       reason,
                       events,
                       now_ms,
                       now_ms);
      }));
  });
  return noted ? forget(keys) : noted;
}

expected<void> outbox_repository::shorten(const std::vector<int64_t>& keys) {
  std::vector<parameter> values;
  for (auto key : keys)
    values.insert(values.end(), {kept_of_long, key});
  return only(
    db_.run_many("update outbox_event set body = substr(body, 1, ?) where n = ?", 2, values));
}

expected<int64_t> outbox_repository::lost() {
  return db_.count("select sum(events) from outbox_loss");
}

} // namespace aops::storage
