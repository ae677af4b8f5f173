#include "runtime/io/storage/account_repository.hpp"

#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

constexpr std::string_view account_columns =
  "username, password_hash, role, owner, must_change_password";

account read_account(const row& r) {
  account x;
  x.username = r.string(0);
  x.password_hash = r.string(1);
  x.role = r.text(2) == "administrator" ? rights::administrator : rights::ordinary;
  x.owner = r.string(3);
  x.must_change_password = r.boolean(4);
  return x;
}

} // namespace

// -- accounts

expected<void> account_repository::add(const account& x, int64_t now_ms) {
  auto added = db_.run("insert into account (username, password_hash, role, owner, "
                       "must_change_password, created_ms) values (?, ?, ?, ?, ?, ?)",
                       x.username,
                       x.password_hash,
                       to_string(x.role),
                       x.owner,
                       x.must_change_password,
                       now_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "username: exists already");
  return only(std::move(added));
}

expected<account> account_repository::find(std::string_view username) {
  auto found =
    db_.first("select " + std::string{account_columns} + " from account where username = ?",
              read_account,
              username);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "account " + std::string{username});
  return std::move(**found);
}

expected<std::vector<account>> account_repository::list() {
  return db_.list("select " + std::string{account_columns} + " from account order by username",
                  read_account);
}

expected<void> account_repository::changed(expected<int64_t> rows, std::string_view username) {
  if (!rows)
    return fail(std::move(rows.error()));
  if (*rows == 0)
    return fail(ec::not_found, "account " + std::string{username});
  return meta_repository{db_}.bump("sessions");
}

expected<bool> account_repository::still_has(std::string_view username,
                                             std::string_view password_hash) {
  auto found = db_.first(
    "select password_hash, disabled from account where username = ?" +
      std::string{db_.sql().for_update()},
    [&](const row& r) { return r.text(0) == password_hash && !r.boolean(1); },
    username);
  return found.map([](std::optional<bool> x) { return x.value_or(false); });
}

expected<void> account_repository::set_password(std::string_view username,
                                                std::string_view password_hash,
                                                bool must_change) {
  return transact(db_, [&](database& db) -> expected<void> {
    return in_order(
      [&] {
        return db.run("update session set vault_node = '' where account in "
                      "(select n from account where username = ?)",
                      username);
      },
      [&] {
        return changed(
          db.run(
            "update account set password_hash = ?, must_change_password = ? where username = ?",
            password_hash,
            must_change,
            username),
          username);
      });
  });
}

expected<void> account_repository::set_role(std::string_view username, rights role) {
  return transact(db_, [&](database& db) -> expected<void> {
    if (role != rights::administrator) {
      // Locked: two administrators must not dismiss each other at the same time.
      auto others = db.list(
        "select n from account where role = 'administrator' and disabled = 0 and "
        "username <> ?" +
          std::string{db.sql().for_update()},
        [](const row& r) { return r.integer(0); },
        username);
      if (!others)
        return fail(std::move(others.error()));
      if (others->empty())
        return fail(ec::has_dependency, "role: the last administrator stays one");
    }
    return changed(
      db.run("update account set role = ? where username = ?", to_string(role), username),
      username);
  });
}

expected<void> account_repository::set_owner(std::string_view username, std::string_view owner) {
  return transact(db_, [&](database& db) {
    return changed(db.run("update account set owner = ? where username = ?", owner, username),
                   username);
  });
}

expected<bool> account_repository::has_accounts() {
  return db_.count("select count(*) from account").map([](int64_t n) { return n > 0; });
}

expected<bool> account_repository::seed_administrator(std::string_view username,
                                                      std::string_view password_hash,
                                                      int64_t now_ms) {
  return db_
    .run(db_.sql().insert_ignore(
           "account",
           {"username"},
           {"password_hash", "role", "owner", "must_change_password", "created_ms"}),
         username,
         password_hash,
         to_string(rights::administrator),
         username,
         true,
         now_ms)
    .map([](int64_t rows) { return rows > 0; });
}

// -- sessions

expected<void> account_repository::save_session(const session& x, std::string_view address) {
  auto owner = db_.integer("select n from account where username = ?", x.username);
  if (!owner)
    return fail(std::move(owner.error()));
  if (!*owner)
    return fail(ec::not_found, "account " + x.username);
  return only(db_.run(db_.sql().upsert("session",
                                       {"token_hash"},
                                       {"account", "created_ms", "last_used_ms", "address"}),
                      x.token_hash,
                      **owner,
                      x.created_ms,
                      x.last_used_ms,
                      address));
}

expected<session> account_repository::find_session(std::string_view token_hash) {
  auto found = db_.first(
    "select s.token_hash, a.username, s.created_ms, s.last_used_ms from session s "
    "join account a on a.n = s.account where s.token_hash = ?",
    [](const row& r) {
      return session{r.string(0), r.string(1), r.integer(2), r.integer(3)};
    },
    token_hash);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::session_invalid);
  return std::move(**found);
}

expected<bool> account_repository::has_session(std::string_view username) {
  // The account is locked: of two log-ins at the same time one sees the other's session.
  auto account = db_.integer(
    "select n from account where username = ?" + std::string{db_.sql().for_update()}, username);
  if (!account)
    return fail(std::move(account.error()));
  return db_.count("select count(*) from session where account = ?", account->value_or(0))
    .map([](int64_t sessions) { return sessions > 0; });
}

expected<void> account_repository::touch_session(std::string_view token_hash,
                                                 int64_t last_used_ms) {
  return only(
    db_.run("update session set last_used_ms = ? where token_hash = ? and last_used_ms < ?",
            last_used_ms,
            token_hash,
            last_used_ms));
}

expected<int64_t> account_repository::ended(std::string_view statement, parameters values) {
  return transact(db_, [&](database& db) -> expected<int64_t> {
    auto rows = db.run_with(statement, values);
    if (!rows || *rows == 0)
      return rows;
    if (auto bumped = meta_repository{db}.bump("sessions"); !bumped)
      return fail(std::move(bumped.error()));
    return rows;
  });
}

expected<bool> account_repository::end_session(std::string_view token_hash) {
  const parameter values[] = {token_hash};
  return ended("delete from session where token_hash = ?", values).map([](int64_t rows) {
    return rows > 0;
  });
}

expected<int64_t> account_repository::end_sessions_of(std::string_view username,
                                                      std::string_view except) {
  const parameter values[] = {username, except};
  return ended("delete from session where account in (select n from account where username = ?) "
               "and token_hash <> ?",
               values);
}

expected<int64_t> account_repository::expire_sessions(int64_t used_before_ms,
                                                      int64_t created_before_ms) {
  const parameter values[] = {used_before_ms, created_before_ms};
  return ended("delete from session where last_used_ms < ? or created_ms < ?", values);
}

expected<std::vector<account_repository::shown_session>> account_repository::sessions_of(
  std::string_view username, int64_t used_after_ms, int64_t created_after_ms) {
  return db_.list(
    "select s.token_hash, a.username, s.created_ms, s.last_used_ms, s.address, s.vault_node "
    "from session s join account a on a.n = s.account where a.username = ? and s.last_used_ms >= ? "
    "and s.created_ms >= ? order by s.created_ms desc, s.n desc",
    [](const row& r) {
      return shown_session{
        {r.string(0), r.string(1), r.integer(2), r.integer(3)}, r.string(4), r.string(5)};
    },
    username,
    used_after_ms,
    created_after_ms);
}

// -- vault keys of sessions

expected<bool> account_repository::set_vault_node(std::string_view token_hash,
                                                  std::string_view node) {
  return db_.run("update session set vault_node = ? where token_hash = ?", node, token_hash)
    .map([](int64_t rows) { return rows > 0; });
}

expected<std::string> account_repository::vault_node(std::string_view token_hash) {
  return db_
    .first(
      "select vault_node from session where token_hash = ?",
      [](const row& r) { return r.string(0); },
      token_hash)
    .map([](std::optional<std::string> x) { return x.value_or(""); });
}

expected<std::vector<std::string>> account_repository::sessions_with_vault(
  std::string_view node, int64_t used_after_ms, int64_t created_after_ms) {
  return db_.list(
    "select token_hash from session where vault_node = ? and last_used_ms >= ? and created_ms >= ?",
    [](const row& r) { return r.string(0); },
    node,
    used_after_ms,
    created_after_ms);
}

} // namespace aops::storage
