#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/users.hpp"

namespace aops::cli {

namespace {

int list_users(session& s) {
  users_query query;
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(s.post("/manage/account/user/get", query),
                {view::kind::whole,
                 "user_infos",
                 {"username", "role", "administrator", "host_group_list", "disabled"},
                 {"username",
                  "role",
                  "administrator",
                  "host_group_list",
                  "disabled",
                  "must_change_password",
                  "created"}});
}

/// One request about one account.
template <class Request>
int change_user(session& s, const char* path) {
  Request request;
  request.username = s.args.text("username");
  return s.show(s.post(path, request), {});
}

int adopt(session& s) { return change_user<user_to_adopt>(s, "/manage/account/user/adopt"); }
int release(session& s) { return change_user<user_to_release>(s, "/manage/account/user/release"); }
int disable(session& s) { return change_user<user_to_disable>(s, "/manage/account/user/disable"); }
int enable(session& s) { return change_user<user_to_enable>(s, "/manage/account/user/enable"); }

int add_user(session& s) {
  auto password = s.new_secret("password", "AOPS_NEW_PASSWORD", tr("First password of the user"));
  if (!password)
    return s.complain(password.error());
  return s.show(
    s.post("/manage/account/user/add", user_to_add{s.args.text("username"), {*password}}), {});
}

int role(session& s) {
  return s.show(s.post("/manage/account/role/change",
                       change_role{s.args.text("username"), s.args.text("role")}),
                {});
}

int reset(session& s) {
  auto password = s.new_secret("password", "AOPS_NEW_PASSWORD", tr("New password of the user"));
  if (!password)
    return s.complain(password.error());
  return s.show(
    s.post("/manage/account/user/reset", password_to_reset{s.args.text("username"), {*password}}),
    {});
}

int remove_user(session& s) {
  auto names = at_least_one(s.args, "user_list", "delete");
  if (!names)
    return s.complain(names.error());
  if (auto known = s.fetch("/manage/account/user/get", users_query{}))
    s.find_missing("account", *names, member(*known, "user_infos"), "username");
  return s.show(s.remove("/manage/account/user/delete", users_to_delete{*names}), {});
}

int change_grants(session& s, bool is_grant) {
  auto groups = at_least_one(s.args, "host_group_list", is_grant ? "grant" : "revoke");
  if (!groups)
    return s.complain(groups.error());
  grants_to_change request;
  request.username = s.args.text("username");
  (is_grant ? request.grant : request.revoke).emplace(std::move(*groups));
  return s.show(s.post("/manage/account/grant/change", request), {});
}

int grant(session& s) { return change_grants(s, true); }
int revoke_grants(session& s) { return change_grants(s, false); }

action about_one(std::string_view name, runner run) {
  return {.name = name, .run = run, .positionals = {"username"}, .needs = {"username"}};
}

action about_groups(std::string_view name, runner run) {
  return {.name = name,
          .run = run,
          .positionals = {"username", "host_group_list"},
          .needs = {"username", "host_group_list"}};
}

} // namespace

verb user_verb() {
  return {
    .name = "user",
    .summary = "Accounts: list, add, take in, grant host groups, close, reset, delete",
    .actions = {{.name = "list", .run = list_users, .lists = true},
                about_one("add", add_user),
                about_one("adopt", adopt),
                about_one("release", release),
                about_groups("grant", grant),
                about_groups("revoke", revoke_grants),
                {.name = "role",
                 .run = role,
                 .positionals = {"username", "role"},
                 .needs = {"username", "role"}},
                about_one("disable", disable),
                about_one("enable", enable),
                about_one("reset", reset),
                {.name = "delete",
                 .run = remove_user,
                 .positionals = {"user_list"},
                 .needs = {"user_list"}}},
    .options =
      {{.name = "username", .value = "NAME", .help = "The account"},
       {.name = "user_list", .value = "NAMES", .help = "delete: accounts, separated by commas"},
       {.name = "host_group_list",
        .value = "NAMES",
        .help = "grant, revoke: host groups, separated by commas"},
       {.name = "role",
        .value = "ROLE",
        .help = "role: what the account becomes",
        .choices = {"administrator", "ordinary"}},
       {.name = "password",
        .value = "TEXT",
        .help = "add, reset: the new one; `-` reads a line of standard input"},
       {.name = "sort", .value = "FIELD", .help = "list: order", .choices = {"username", "role"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops user list\n"
                "  aops user add bob --password -\n"
                "  aops user adopt ann\n"
                "  aops user grant ann web db\n"
                "  aops user reset ann --password -\n"};
}

} // namespace aops::cli
