#include "runtime/io/storage/token_repository.hpp"

#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

expected<void> token_repository::add(const api_token& x) {
  auto account = db_.integer(
    "select n from account where username = ?" + std::string{db_.sql().for_update()}, x.username);
  if (!account)
    return fail(std::move(account.error()));
  if (!*account)
    return fail(ec::session_invalid);
  auto known = db_.count("select count(*) from api_token where account = ?", **account);
  if (!known)
    return fail(std::move(known.error()));
  if (*known >= most_per_user)
    return fail(ec::bad_request, "name: a user has at most 100 tokens");
  auto added = db_.run("insert into api_token (id, account, name, token_hash, may_act, created_ms, "
                       "expires_ms, last_used_ms) values (?, ?, ?, ?, ?, ?, ?, 0)",
                       x.id,
                       **account,
                       x.name,
                       x.token_hash,
                       x.may_act,
                       x.created_ms,
                       x.expires_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "name: exists already");
  return only(std::move(added));
}

expected<api_token> token_repository::find(std::string_view token_hash) {
  auto found = db_.first(
    "select a.username, t.id, t.name, t.token_hash, t.may_act, t.created_ms, t.expires_ms, "
    "t.last_used_ms from api_token t join account a on a.n = t.account where t.token_hash = ?",
    [](const row& r) {
      return api_token{r.string(0),
                       r.string(1),
                       r.string(2),
                       r.string(3),
                       r.boolean(4),
                       r.integer(5),
                       r.integer(6),
                       r.integer(7)};
    },
    token_hash);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::session_invalid);
  return std::move(**found);
}

expected<void> token_repository::renew(std::string_view username,
                                       std::string_view id,
                                       std::string_view token_hash) {
  auto rows = db_.run("update api_token set token_hash = ? where id = ? and account = "
                      "(select n from account where username = ?)",
                      token_hash,
                      id,
                      username);
  if (!rows)
    return fail(std::move(rows.error()));
  if (*rows == 0)
    return fail(ec::bad_request, "Idempotency-Key: the token that it made was deleted");
  return meta_repository{db_}.bump("sessions");
}

expected<void> token_repository::touch(std::string_view token_hash, int64_t last_used_ms) {
  return only(
    db_.run("update api_token set last_used_ms = ? where token_hash = ? and last_used_ms < ?",
            last_used_ms,
            token_hash,
            last_used_ms));
}

expected<std::vector<token_info>> token_repository::of_user(std::string_view username) {
  return db_.list(
    "select t.id, t.name, t.may_act, t.created_ms, t.expires_ms, t.last_used_ms from api_token t "
    "join account a on a.n = t.account where a.username = ? order by t.name, t.n",
    [](const row& r) {
      token_info x;
      x.token_id = r.string(0);
      x.name = r.string(1);
      x.scope = r.boolean(2) ? "act" : "read";
      x.created = {r.integer(3)};
      x.expires = {r.integer(4)};
      if (r.integer(5) > 0)
        x.last_used.emplace(moment{r.integer(5)});
      return x;
    },
    username);
}

expected<std::vector<std::string>> token_repository::remove(std::string_view username,
                                                            const std::vector<std::string>& words) {
  std::vector<std::string> gone;
  auto done = for_each(words, [&](const std::string& word) -> expected<void> {
    struct named {
      int64_t key;
      std::string name;
    };
    auto found = db_.first(
      "select t.n, t.name from api_token t join account a on a.n = t.account "
      "where a.username = ? and (t.name = ? or t.id = ?) order by t.name = ? desc",
      [](const row& r) {
        return named{r.integer(0), r.string(1)};
      },
      username,
      word,
      word,
      word);
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return {};
    gone.push_back((*found)->name);
    return only(db_.run("delete from api_token where n = ?", (*found)->key));
  });
  if (!done)
    return fail(std::move(done.error()));
  if (!gone.empty())
    if (auto bumped = meta_repository{db_}.bump("sessions"); !bumped)
      return fail(std::move(bumped.error()));
  return gone;
}

expected<int64_t> token_repository::expire(int64_t now_ms) {
  return db_.run("delete from api_token where expires_ms < ?", now_ms);
}

} // namespace aops::storage
