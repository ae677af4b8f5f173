#include "runtime/io/storage/user_repository.hpp"

#include "runtime/io/storage/deploy_task_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>

namespace aops::storage {

namespace {

user_info read_info(const row& r) {
  user_info x;
  x.username = r.string(0);
  x.role = r.string(1);
  x.administrator = r.string(2);
  x.disabled = r.boolean(3);
  x.must_change_password = r.boolean(4);
  x.created = {r.integer(5)};
  return x;
}

} // namespace

expected<users_page> user_repository::page(std::string_view administrator, const paging& p) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter matching("(a.role = 'administrator' or a.owner = '' or a.owner = ?)", administrator);
  auto window = window_of(db_, p, "account a", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"username", "a.username"}, {"role", "a.role"}};
  auto rows =
    db_.list_with("select a.username, a.role, a.owner, a.disabled, "
                  "a.must_change_password, a.created_ms from account a where " +
                    matching.where() + order_by(p, choices, "a.n", "a.n") + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  read_info);
  if (!rows)
    return fail(std::move(rows.error()));
  auto grants = db_.list(
    "select a.username, g.name from group_grant t join account a on a.n = t.account "
    "join host_group g on g.n = t.host_group where a.owner = ? order by g.name",
    [](const row& r) {
      return std::pair{r.string(0), r.string(1)};
    },
    administrator);
  if (!grants)
    return fail(std::move(grants.error()));
  std::map<std::string, std::vector<std::string>> groups;
  for (auto& [user, group] : *grants)
    groups[user].push_back(std::move(group));
  users_page out;
  set_totals(out, window->total, p);
  for (auto& x : *rows) {
    if (auto it = groups.find(x.username); it != groups.end())
      x.host_group_list = std::move(it->second);
    out.user_infos.push_back(std::move(x));
  }
  return out;
}

expected<stored_user> user_repository::found(std::string_view username, std::string_view lock) {
  auto found = db_.first(
    "select n, username, role, owner, disabled, must_change_password from account "
    "where username = ?" +
      std::string{lock},
    [](const row& r) {
      auto role = r.text(2) == "administrator" ? rights::administrator : rights::ordinary;
      return stored_user{r.integer(0), r.string(1), role, r.string(3), r.boolean(4), r.boolean(5)};
    },
    username);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "username: no such account");
  return std::move(**found);
}

expected<stored_user> user_repository::find(std::string_view username) {
  return found(username, {});
}

expected<stored_user> user_repository::lock(std::string_view username) {
  return found(username, db_.sql().for_update());
}

expected<std::vector<std::string>> user_repository::groups_of(std::string_view username) {
  return db_.list(
    "select g.name from group_grant t join account a on a.n = t.account "
    "join host_group g on g.n = t.host_group where a.username = ? order by g.name",
    [](const row& r) { return r.string(0); },
    username);
}

expected<void> user_repository::bump() { return meta_repository{db_}.bump("sessions"); }

expected<void> user_repository::keep_an_administrator(const stored_user& x) {
  if (x.role != rights::administrator || x.is_disabled)
    return {};
  // Locked: two administrators must not dismiss each other at the same time.
  auto others = db_.list(
    "select n from account where role = 'administrator' and disabled = 0 and n <> ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) { return r.integer(0); },
    x.key);
  if (!others)
    return fail(std::move(others.error()));
  if (others->empty())
    return fail(ec::has_dependency, "the last administrator stays one");
  return {};
}

expected<void> user_repository::refuse_owner(const stored_user& x) {
  for (auto [table, what] : {std::pair{"host", "hosts"},
                             std::pair{"host_group", "host groups"},
                             std::pair{"check_rule", "rules"},
                             std::pair{"diag_tree", "fault trees"},
                             std::pair{"deploy_template", "templates"},
                             std::pair{"trace_domain", "domains"}}) {
    auto owned =
      db_.count("select count(*) from " + std::string{table} + " where owner = ?", x.username);
    if (!owned)
      return fail(std::move(owned.error()));
    if (*owned > 0)
      return fail(ec::has_dependency, "owns " + std::string{what});
  }
  auto tasks = db_.count(
    "select count(*) from deploy_task where owner = ? and id <> ?", x.username, default_task_id);
  if (!tasks)
    return fail(std::move(tasks.error()));
  if (*tasks > 0)
    return fail(ec::has_dependency, "owns deployment tasks");
  auto users =
    db_.count("select count(*) from account where owner = ? and n <> ?", x.username, x.key);
  if (!users)
    return fail(std::move(users.error()));
  if (*users > 0)
    return fail(ec::has_dependency, "has users");
  return {};
}

expected<void> user_repository::promote(const stored_user& x) {
  return in_order([&] { return db_.run("delete from group_grant where account = ?", x.key); },
                  [&] {
                    return db_.run(
                      "update account set role = 'administrator', owner = username where n = ?",
                      x.key);
                  },
                  [&] { return bump(); });
}

expected<void> user_repository::drop_default_task(const stored_user& x) {
  const std::vector<std::string> what{std::string{default_task_id}};
  return only(deploy_task_repository{db_}.remove(x.username, what));
}

expected<void> user_repository::demote(const stored_user& x) {
  return in_order(
    [&] { return keep_an_administrator(x); },
    [&] { return refuse_owner(x); },
    [&] { return drop_default_task(x); },
    [&] { return db_.run("update account set role = 'ordinary', owner = '' where n = ?", x.key); },
    [&] { return db_.run("update session set vault_node = '' where account = ?", x.key); },
    [&] { return bump(); });
}

expected<void> user_repository::set_owner(const stored_user& x, std::string_view owner) {
  return in_order([&] { return db_.run("delete from group_grant where account = ?", x.key); },
                  [&] { return db_.run("update account set owner = ? where n = ?", owner, x.key); },
                  [&] { return bump(); });
}

expected<void> user_repository::end_tokens(const stored_user& x) {
  return in_order([&] { return db_.run("delete from api_token where account = ?", x.key); },
                  [&] { return bump(); });
}

expected<void> user_repository::set_disabled(const stored_user& x, bool disabled) {
  return in_order(
    [&] { return disabled ? keep_an_administrator(x) : expected<void>{}; },
    [&]() -> expected<void> {
      if (!disabled)
        return {};
      return in_order([&] { return db_.run("delete from session where account = ?", x.key); },
                      [&] { return end_tokens(x); });
    },
    [&] { return db_.run("update account set disabled = ? where n = ?", disabled, x.key); },
    [&] { return bump(); });
}

expected<void> user_repository::remove(const stored_user& x) {
  return in_order([&] { return keep_an_administrator(x); },
                  [&] { return refuse_owner(x); },
                  [&] { return drop_default_task(x); },
                  [&] { return db_.run("delete from session where account = ?", x.key); },
                  [&] { return db_.run("delete from api_token where account = ?", x.key); },
                  [&] { return db_.run("delete from group_grant where account = ?", x.key); },
                  [&] { return db_.run("delete from vault_verifier where owner = ?", x.username); },
                  [&] { return db_.run("delete from user_view where username = ?", x.username); },
                  [&] {
                    return db_.run("delete from silence_group where silence in "
                                   "(select n from silence where owner = ?)",
                                   x.username);
                  },
                  [&] { return db_.run("delete from silence where owner = ?", x.username); },
                  [&] { return db_.run("delete from account where n = ?", x.key); },
                  [&] { return bump(); });
}

expected<void> user_repository::grant(const stored_user& x,
                                      const std::vector<std::string>& groups) {
  return for_each(groups, [&](const std::string& name) -> expected<void> {
    auto group = db_.integer("select n from host_group where owner = ? and name = ?" +
                               std::string{db_.sql().for_update()},
                             x.owner,
                             name);
    if (!group)
      return fail(std::move(group.error()));
    if (!*group)
      return fail(ec::not_found, "grant: no such host group: " + name);
    return in_order(
      [&] {
        return db_.run(
          "delete from group_grant where account = ? and host_group = ?", x.key, **group);
      },
      [&] {
        return db_.run(
          "insert into group_grant (account, host_group) values (?, ?)", x.key, **group);
      },
      [&] { return bump(); });
  });
}

expected<void> user_repository::revoke(const stored_user& x,
                                       const std::vector<std::string>& groups) {
  return for_each(groups, [&](const std::string& name) -> expected<void> {
    return in_order(
      [&] {
        return db_.run("delete from group_grant where account = ? and host_group in "
                       "(select n from host_group where owner = ? and name = ?)",
                       x.key,
                       x.owner,
                       name);
      },
      [&] { return bump(); });
  });
}

} // namespace aops::storage
