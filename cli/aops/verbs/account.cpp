#include "messages/account.hpp"

#include "cli/aops/command/session.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/verbs.hpp"

namespace aops::cli {

namespace {

int log_in_once(session& s) {
  auto password = s.secret("password", "AOPS_PASSWORD", tr("Password"));
  if (!password)
    return s.complain(password.error());
  return s.show(s.post("/manage/account/login",
                       aops::log_in{.username = s.args.text("username"), .password = {*password}}),
                {});
}

int change_account(session& s) {
  auto password = s.new_secret("password", "AOPS_NEW_PASSWORD", tr("New password"));
  if (!password)
    return s.complain(password.error());
  return s.show(s.post("/manage/account/change", change_password{.password = {*password}}), {});
}

int sign_up(session& s) {
  auto password = s.new_secret("password", "AOPS_NEW_PASSWORD", tr("Password"));
  if (!password)
    return s.complain(password.error());
  return s.show(
    s.post("/manage/account/register", register_user{s.args.text("username"), {*password}}), {});
}

} // namespace

verb account_verb() {
  return {
    .name = "account",
    .summary = "Log in without remembering it, change the password, register",
    .actions = {{.name = "login",
                 .run = log_in_once,
                 .needs_token = false,
                 .positionals = {"username"},
                 .needs = {"username"}},
                {.name = "change", .run = change_account},
                {.name = "register",
                 .run = sign_up,
                 .needs_token = false,
                 .positionals = {"username"},
                 .needs = {"username"}}},
    .options = {{.name = "username", .value = "NAME", .help = "Account to log in to, or to make"},
                {.name = "password",
                 .value = "TEXT",
                 .help = "Password, the new one for change; `-` reads a line of standard "
                         "input"}},
    .positionals = {"action"},
    .examples = "  aops account --action login --username admin --password -\n"
                "  aops account --action change --password -\n"
                "  aops account register ann\n"};
}

} // namespace aops::cli
