#include "runtime/io/storage/dead_message_repository.hpp"

#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <set>

namespace aops::storage {

namespace {

using base::json;

constexpr int64_t portion_of_expiry = 500;

constexpr std::string_view about_columns =
  "id, topic, part, place, time_ms, seen_ms, reason, detail, state, bytes";

dead_message read_about(const row& r) {
  return {r.string(0),
          r.string(1),
          r.integer(2),
          r.integer(3),
          {r.integer(4)},
          {r.integer(5)},
          r.string(6),
          r.string(7),
          r.string(8),
          r.integer(9)};
}

parameter bytes(const std::optional<std::string>& text) {
  return text ? parameter(blob{*text}) : parameter();
}

std::optional<std::string> bytes_in(const row& r, int column) {
  return r.is_null(column) ? std::nullopt : std::optional{r.string(column)};
}

/// What a message that could not be used is published with.
std::string explained(const dead_letter& x) {
  auto all = read_headers(x.headers);
  const auto& about = x.about;
  for (auto& [name, value] : header_list{{"aops-reason", about.reason},
                                         {"aops-detail", about.detail},
                                         {"aops-topic", about.topic},
                                         {"aops-partition", std::to_string(about.partition)},
                                         {"aops-offset", std::to_string(about.offset)},
                                         {"aops-time", std::to_string(about.time.ms)}})
    all.emplace_back(name, value);
  return write_headers(all);
}

} // namespace

std::string write_headers(const header_list& headers) {
  auto out = json::array();
  for (const auto& [name, value] : headers)
    out.push_back({base::to_base64(name), base::to_base64(value)});
  return headers.empty() ? std::string{} : out.dump();
}

header_list read_headers(std::string_view text) {
  header_list out;
  auto all = json::parse(text, nullptr, false);
  if (all.is_array())
    for (const auto& x : all)
      if (x.is_array() && x.size() == 2 && x[0].is_string() && x[1].is_string())
        out.emplace_back(base::from_base64(x[0].get<std::string>()).value_or(""),
                         base::from_base64(x[1].get<std::string>()).value_or(""));
  return out;
}

expected<int64_t> dead_message_repository::add(const std::vector<dead_letter>& letters,
                                               std::string_view suffix) {
  std::set<std::string> ids;
  for (const auto& x : letters)
    ids.insert(x.about.id);
  auto there = known({ids.begin(), ids.end()});
  if (!there)
    return fail(std::move(there.error()));
  std::vector<parameter> values;
  std::vector<outbox_event> events;
  for (const auto& x : letters) {
    const auto& a = x.about;
    if (!there->emplace(a.id, true).second)
      continue;
    values.insert(values.end(),
                  {a.id,
                   x.owner,
                   a.topic,
                   a.partition,
                   a.offset,
                   a.time.ms,
                   a.seen.ms,
                   a.reason,
                   fitting(a.detail, 512),
                   "kept",
                   a.bytes,
                   bytes(x.key),
                   bytes(x.value),
                   x.headers});
    events.push_back({0, a.id, a.topic + std::string{suffix}, x.key, x.value, explained(x)});
  }
  auto added = in_order(
    [&] {
      return db_.run_many(
        "insert into dead_message (id, owner, topic, part, place, time_ms, seen_ms, reason, "
        "detail, state, bytes, message_key, body, headers) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?)",
        14,
        values);
    },
    [&] { return outbox_repository{db_}.add(events); });
  if (!added)
    return fail(std::move(added.error()));
  return static_cast<int64_t>(events.size());
}

expected<by_text<bool>> dead_message_repository::known(const std::vector<std::string>& ids) {
  return rows_of_texts(
    db_, "select id from dead_message", "id", ids, [](const row&) { return true; });
}

expected<dead_page> dead_message_repository::page(std::string_view owner, const dead_query& q) {
  auto state = q.state.value_or("kept");
  filter matching("state = ? and owner in ('', ?)", std::string_view{state}, owner);
  if (q.topic)
    matching.also("topic = ?", std::string_view{*q.topic});
  auto window = window_of(db_, paging_of(q), "dead_message", matching);
  if (!window)
    return fail(std::move(window.error()));
  auto rows = db_.list_with("select " + std::string{about_columns} + " from dead_message where " +
                              matching.where() + " order by n desc limit ? offset ?",
                            matching.values_and(window->limit, window->offset),
                            read_about);
  if (!rows)
    return fail(std::move(rows.error()));
  dead_page out;
  out.messages = std::move(*rows);
  set_totals(out, window->total, paging_of(q));
  return out;
}

expected<dead_letter> dead_message_repository::find(std::string_view owner, std::string_view id) {
  auto found = db_.first(
    "select " + std::string{about_columns} +
      ", owner, message_key, body, headers from dead_message where id = ? and owner in ('', ?)",
    [](const row& r) {
      return dead_letter{
        read_about(r), r.string(10), bytes_in(r, 11), bytes_in(r, 12), r.string(13)};
    },
    id,
    owner);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "message " + std::string{id});
  return std::move(**found);
}

expected<bool> dead_message_repository::change(std::string_view owner,
                                               std::string_view id,
                                               std::string_view state) {
  return db_
    .run("update dead_message set state = ?, message_key = null, body = null, headers = '' "
         "where id = ? and owner in ('', ?) and state = 'kept'",
         state,
         id,
         owner)
    .map([](int64_t rows) { return rows > 0; });
}

expected<dead_changed> dead_message_repository::replay(std::string_view owner,
                                                       const std::vector<std::string>& ids) {
  dead_changed out;
  std::vector<outbox_event> events;
  auto done = for_each(ids, [&](const std::string& id) -> expected<void> {
    auto found = find(owner, id);
    if (!found && !(found.error() == ec::not_found))
      return fail(std::move(found.error()));
    // Of one that was too long only the beginning is there.
    bool is_whole = found && found->about.reason != "too_large";
    auto changed = is_whole ? change(owner, id, "replayed") : expected<bool>{false};
    if (!changed)
      return fail(std::move(changed.error()));
    (*changed ? out.changed : out.ignored).push_back(id);
    if (*changed)
      events.push_back({0,
                        base::random_hex(16),
                        found->about.topic,
                        std::move(found->key),
                        std::move(found->value),
                        std::move(found->headers)});
    return {};
  });
  if (done)
    done = outbox_repository{db_}.add(events);
  if (!done)
    return fail(std::move(done.error()));
  out.code = out.ignored.empty() ? 200 : 206;
  return out;
}

expected<dead_changed> dead_message_repository::drop(std::string_view owner,
                                                     const std::vector<std::string>& ids) {
  dead_changed out;
  auto done = for_each(ids, [&](const std::string& id) {
    return change(owner, id, "dropped").map([&](bool is_done) {
      (is_done ? out.changed : out.ignored).push_back(id);
    });
  });
  if (!done)
    return fail(std::move(done.error()));
  out.code = out.ignored.empty() ? 200 : 206;
  return out;
}

expected<int64_t> dead_message_repository::expire(int64_t before_ms) {
  auto keys = db_.list(
    "select n from dead_message where seen_ms < ? order by seen_ms limit ?",
    [](const row& r) { return r.integer(0); },
    before_ms,
    portion_of_expiry);
  if (!keys)
    return fail(std::move(keys.error()));
  std::vector<parameter> values(keys->begin(), keys->end());
  return db_.run_many("delete from dead_message where n = ?", 1, values);
}

} // namespace aops::storage
