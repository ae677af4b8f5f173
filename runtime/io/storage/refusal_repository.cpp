#include "runtime/io/storage/refusal_repository.hpp"

#include "runtime/base/time_text.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

namespace aops::storage {

namespace {

constexpr int64_t portion = 200;
constexpr std::string_view columns =
  "n, username, address, action, code, owner, detail, more, since_ms, last_ms";

} // namespace

/// What came after the record of the first one.
struct refusal_repository::counted {
  int64_t key = 0, more = 0, since_ms = 0;
  audit_entry what; ///< Of the last one.
};

refusal_repository::counted refusal_repository::read(const row& r) {
  counted x{r.integer(0), r.integer(7), r.integer(8), {}};
  x.what.user = r.string(1);
  x.what.address = r.string(2);
  x.what.action = r.string(3);
  x.what.code = r.integer(4);
  x.what.owner = r.string(5);
  x.what.detail = r.string(6);
  x.what.time_ms = r.integer(9);
  return x;
}

expected<std::optional<refusal_repository::counted>>
refusal_repository::alike(const audit_entry& x) {
  return db_.first("select " + std::string{columns} +
                     " from audit_refusal where username = ? and address = ? and action = ? and "
                     "code = ?" +
                     std::string{db_.sql().for_update()},
                   read,
                   x.user,
                   x.address,
                   x.action,
                   x.code);
}

expected<void> refusal_repository::note(const audit_entry& given) {
  auto x = audit_repository::fitting(given);
  auto found = alike(x);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found) {
    auto kinds = db_.count("select count(*) from audit_refusal where username = ?", x.user);
    if (!kinds)
      return fail(std::move(kinds.error()));
    if (*kinds >= most_kinds) {
      x.action = "refused.otherwise";
      x.address.clear();
      found = alike(x);
      if (!found)
        return fail(std::move(found.error()));
    }
  }
  if (!*found)
    return begin(x);
  if (x.time_ms - (*found)->since_ms < window_ms)
    return count(x);
  return in_order([&] { return record_count(**found); }, [&] { return begin(x); });
}

expected<void> refusal_repository::begin(const audit_entry& x) {
  auto begun = db_.run("insert into audit_refusal (username, address, action, code, owner, detail, "
                       "more, since_ms, last_ms) values (?, ?, ?, ?, ?, ?, 0, ?, ?)",
                       x.user,
                       x.address,
                       x.action,
                       x.code,
                       x.owner,
                       x.detail,
                       x.time_ms,
                       x.time_ms);
  if (!begun && begun.error() == ec::conflict) // Another node was faster: its record stands.
    return count(x);
  if (!begun)
    return fail(std::move(begun.error()));
  return audit_repository{db_}.append(x);
}

expected<void> refusal_repository::count(const audit_entry& x) {
  return only(db_.run("update audit_refusal set more = more + 1, last_ms = ?, detail = ?, owner = "
                      "? where username = ? and address = ? and action = ? and code = ?",
                      x.time_ms,
                      x.detail,
                      x.owner,
                      x.user,
                      x.address,
                      x.action,
                      x.code));
}

expected<void> refusal_repository::record_count(const counted& x) {
  auto told = x.what;
  told.detail = fmt::format("{} more like this since {}, the last one: {}",
                            x.more,
                            base::utc_text(x.since_ms),
                            x.what.detail.empty() ? "-" : x.what.detail);
  return in_order(
    [&] { return x.more > 0 ? audit_repository{db_}.append(told) : expected<void>{}; },
    [&] { return db_.run("delete from audit_refusal where n = ?", x.key); });
}

expected<int64_t> refusal_repository::settle(int64_t now_ms) {
  auto over = db_.list("select " + std::string{columns} +
                         " from audit_refusal where since_ms <= ? order by n limit ?" +
                         std::string{db_.sql().for_update()},
                       read,
                       now_ms - window_ms,
                       portion);
  if (!over)
    return fail(std::move(over.error()));
  auto done = for_each(*over, [&](const counted& x) { return record_count(x); });
  if (!done)
    return fail(std::move(done.error()));
  return static_cast<int64_t>(over->size());
}

} // namespace aops::storage
