#include "cli/aops/session.hpp"

namespace aops::cli {

namespace {

int log_in(session& s) {
  if (!s.args.has("username"))
    return s.complain({ec::bad_request, "login needs --username"});
  auto password = s.secret("password", "AOPS_PASSWORD", "Password");
  if (!password)
    return s.complain(password.error());
  return s.show(s.post("/manage/account/login",
                       {{"username", s.args.text("username")}, {"password", *password}}),
                {});
}

int change(session& s) {
  auto password = s.secret("password", "AOPS_NEW_PASSWORD", "New password");
  if (!password)
    return s.complain(password.error());
  return s.show(s.post("/manage/account/change", {{"password", *password}}), {});
}

int run(session& s) { return s.args.text("action") == "login" ? log_in(s) : change(s); }

} // namespace

verb account_verb() {
  return {"account",
          "Log in without remembering it, change the password",
          {text_option("action", "WHAT", "What to do").one_of("login|change").must(),
           text_option("username", "NAME", "Account to log in to"),
           text_option("password",
                       "TEXT",
                       "Password, the new one for change; `-` reads a line of standard input")},
          {"action"},
          run,
          true,
          true,
          "  aops account --action login --username admin --password -\n"
          "  aops account --action change --password -\n"};
}

} // namespace aops::cli
