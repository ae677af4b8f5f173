#include "runtime/io/storage/audit_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

/// At most this many bytes of a text, never half a character.
std::string_view clipped(std::string_view text, size_t most) {
  if (text.size() <= most)
    return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end);
}

} // namespace

expected<void> audit_repository::append(const audit_entry& x) {
  return only(db_.run("insert into audit_log (time_ms, username, address, action, entity, code, "
                      "detail) values (?, ?, ?, ?, ?, ?, ?)",
                      x.time_ms,
                      clipped(x.user, 40),
                      clipped(x.address, 64),
                      clipped(x.action, 64),
                      clipped(x.entity, 255),
                      x.code,
                      clipped(x.detail, 1024)));
}

expected<audit_page> audit_repository::page(const audit_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter matching("time_ms >= ? and time_ms <= ?", q.from_ms, q.until_ms);
  if (!q.user.empty())
    matching.also("username = ?", q.user);
  if (!q.action.empty())
    matching.also("action = ?", q.action);
  auto total =
    db_.integer_with("select count(*) from audit_log where " + matching.where(), matching.values());
  if (!total)
    return fail(std::move(total.error()));
  auto window = window_of(q.page, total->value_or(0));
  if (!window)
    return fail(std::move(window.error()));
  auto rows = db_.list_with(
    "select time_ms, username, address, action, entity, code, detail from audit_log where " +
      matching.where() + " order by time_ms desc, n desc limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    [](const row& r) {
      return audit_entry{r.integer(0),
                         r.string(1),
                         r.string(2),
                         r.string(3),
                         r.string(4),
                         r.integer(5),
                         r.string(6)};
    });
  if (!rows)
    return fail(std::move(rows.error()));
  audit_page out;
  set_totals(out, total->value_or(0), q.page);
  out.entries = std::move(*rows);
  return out;
}

expected<int64_t> audit_repository::expire(int64_t before_ms) {
  constexpr int64_t portion = 500;
  auto keys = db_.list(
    "select n from audit_log where time_ms < ? order by time_ms, n limit ?",
    [](const row& r) { return r.integer(0); },
    before_ms,
    portion);
  if (!keys)
    return fail(std::move(keys.error()));
  std::vector<parameter> values{keys->begin(), keys->end()};
  return db_.run_many("delete from audit_log where n = ?", 1, values);
}

} // namespace aops::storage
