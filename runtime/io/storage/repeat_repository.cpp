#include "runtime/io/storage/repeat_repository.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

std::string name_of(std::string_view user, const repeatable_request& x) {
  std::string text{user};
  return base::sha256_hex(text.append("\n").append(x.key)); // Neither has line breaks.
}

/// New answers of a user between looks at how many he has.
constexpr int64_t trim_every = 64;

} // namespace

expected<std::optional<std::string>>
repeat_repository::find(std::string_view request, const repeatable_request& x, int64_t now_ms) {
  struct known {
    std::string digest, reply;
    int64_t created_ms;
  };
  auto found = db_.first(
    "select digest, reply, created_ms from repeatable_request "
    "where request = ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return known{r.string(0), r.string(1), r.integer(2)};
    },
    request);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return std::optional<std::string>{};
  if ((*found)->created_ms <= now_ms - keep_ms) {
    auto gone = db_.run("delete from repeatable_request where request = ?", request);
    return gone.map([](int64_t) { return std::optional<std::string>{}; });
  }
  if ((*found)->digest != x.digest)
    return fail(ec::bad_request, "Idempotency-Key: came with another request before");
  return std::move((*found)->reply);
}

expected<std::optional<std::string>>
repeat_repository::begin(std::string_view user, const repeatable_request& x, int64_t now_ms) {
  auto request = name_of(user, x);
  auto known = find(request, x, now_ms);
  if (!known || *known)
    return known;
  auto noted = db_.run("insert into repeatable_request (request, username, digest, reply, "
                       "created_ms) values (?, ?, ?, '', ?)",
                       request,
                       user,
                       x.digest,
                       now_ms);
  if (!noted && noted.error() == ec::conflict) // Another node was faster, and is done by now.
    return find(request, x, now_ms);
  if (!noted)
    return fail(std::move(noted.error()));
  if (db_.last_id() % trim_every == 0)
    if (auto trimmed = trim(user, now_ms); !trimmed)
      return fail(std::move(trimmed.error()));
  return std::optional<std::string>{};
}

expected<void> repeat_repository::keep(std::string_view user,
                                       const repeatable_request& x,
                                       std::string_view answer) {
  return only(
    db_.run("update repeatable_request set reply = ? where request = ?", answer, name_of(user, x)));
}

expected<void> repeat_repository::trim(std::string_view user, int64_t now_ms) {
  auto oldest = db_.integer("select created_ms from repeatable_request where username = ? "
                            "order by created_ms desc limit 1 offset ?",
                            user,
                            most_of_user);
  if (!oldest)
    return fail(std::move(oldest.error()));
  auto until = std::max(oldest->value_or(0), now_ms - keep_ms);
  return only(
    db_.run("delete from repeatable_request where username = ? and created_ms <= ?", user, until));
}

expected<int64_t> repeat_repository::expire(int64_t now_ms) {
  return db_.run("delete from repeatable_request where created_ms <= ?", now_ms - keep_ms);
}

} // namespace aops::storage
