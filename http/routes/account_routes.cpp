#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/account.hpp"
#include "messages/roles/users.hpp"
#include "messages/roles/vault.hpp"
#include "messages/roles/view.hpp"

namespace aops::http {

namespace {

/// The one request without a caller: it makes one.
expected<logged_in>
ask_for_session(const node_port& port, const request_context& context, log_in request) {
  return value_of<logged_in>(port(actors::account_store_name,
                                  context.left(),
                                  caf::make_message(std::move(request), context.who.address)));
}

} // namespace

std::vector<route> user_routes(const node_port& port) {
  using role = user_store_actor;
  auto name = actors::user_store_name;
  constexpr auto admin = may::administrator;
  return {
    once_for_key(ask<role, register_user, done>(
      port,
      method::post,
      "/manage/account/register",
      may::anyone,
      name,
      "Make an account: an ordinary user whom nobody has taken in.")),
    once_for_key(ask<role, user_to_add, done>(
      port,
      method::post,
      "/manage/account/user/add",
      admin,
      name,
      "Make an account: an ordinary user of one's own, who must change the password first.")),
    ask<role, users_query, users_page>(
      port, method::post, "/manage/account/user/get", admin, name, "List accounts."),
    ask<role, change_role, done>(port,
                                 method::post,
                                 "/manage/account/role/change",
                                 admin,
                                 name,
                                 "Make a user an administrator, or an administrator a user."),
    ask<role, user_to_adopt, done>(
      port, method::post, "/manage/account/user/adopt", admin, name, "Take in a user of nobody."),
    ask<role, user_to_release, done>(port,
                                     method::post,
                                     "/manage/account/user/release",
                                     admin,
                                     name,
                                     "Let a user of one's own go."),
    ask<role, user_to_disable, done>(port,
                                     method::post,
                                     "/manage/account/user/disable",
                                     admin,
                                     name,
                                     "Close an account; sessions and tokens end."),
    ask<role, user_to_enable, done>(
      port, method::post, "/manage/account/user/enable", admin, name, "Open an account again."),
    ask<role, password_to_reset, done>(
      port,
      method::post,
      "/manage/account/user/reset",
      admin,
      name,
      "Give an account a password that must be changed at the next log-in."),
    ask<role, users_to_delete, users_deleted>(port,
                                              method::remove,
                                              "/manage/account/user/delete",
                                              admin,
                                              name,
                                              "Delete accounts that own nothing."),
    ask<role, grants_to_change, done>(port,
                                      method::post,
                                      "/manage/account/grant/change",
                                      admin,
                                      name,
                                      "Say which groups of hosts a user sees."),
  };
}

std::vector<route> access_routes(const node_port& port) {
  using role = session_store_actor;
  auto name = actors::session_store_name;
  return {
    ask<role, sessions_query, sessions_found>(
      port, method::post, "/manage/account/session/get", may::user, name, "List sessions."),
    ask<role, sessions_to_end, sessions_ended>(
      port, method::remove, "/manage/account/session/delete", may::user, name, "End sessions."),
    once_for_key(ask<role, token_to_create, token_created>(
      port,
      method::post,
      "/manage/account/token/create",
      may::user,
      name,
      "Make a token for a program; asked again, the same token gets another secret.")),
    ask<role, tokens_query, tokens_found>(
      port, method::post, "/manage/account/token/get", may::user, name, "List one's tokens."),
    ask<role, tokens_to_delete, tokens_deleted>(
      port, method::remove, "/manage/account/token/delete", may::user, name, "Delete tokens."),
  };
}

std::vector<route> view_routes(const node_port& port) {
  using role = view_store_actor;
  auto name = actors::view_store_name;
  return {
    ask<role, views_query, views_found>(
      port, method::post, "/manage/account/view/get", may::user, name, "List one's own views."),
    ask<role, view_to_save, done>(port,
                                  method::post,
                                  "/manage/account/view/save",
                                  may::user,
                                  name,
                                  "Keep a view, a data board say, under a name."),
    ask<role, views_to_delete, done>(
      port, method::remove, "/manage/account/view/delete", may::user, name, "Delete views."),
  };
}

std::vector<route> account_routes(const node_port& port) {
  using role = account_actor;
  auto name = actors::account_store_name;
  return {
    make_route<log_in, logged_in>(method::post,
                                  "/manage/account/login",
                                  may::anyone,
                                  "Log in.",
                                  [port](const request_context& c, log_in x) {
                                    return ask_for_session(port, c, std::move(x));
                                  }),
    ask<role, change_password, done>(port,
                                     method::post,
                                     "/manage/account/change",
                                     may::pending,
                                     name,
                                     "Change one's own password; ends one's other sessions."),
    ask<role, log_out, done>(
      port, method::post, "/manage/account/logout", may::pending, name, "End this session."),
    ask<role, log_out, done>(
      port, method::post, "/manage/logout", may::pending, name, "Alias of /manage/account/logout."),
    ask<vault_actor, vault_key_to_enter, done>(
      port,
      method::post,
      "/manage/account/certificate",
      may::administrator,
      actors::vault_name,
      "Enter the vault key for this session; kept in memory until it ends."),
    ask<vault_actor, vault_key_to_change, done>(
      port,
      method::post,
      "/manage/account/certificate/change",
      may::administrator,
      actors::vault_name,
      "Have credentials open with another vault key from now on."),
  };
}

session_cache::lookup authenticator(const node_port& port) {
  return [port](const std::string& token_hash) {
    return value_of<caller>(port(actors::account_store_name,
                                 std::chrono::seconds{5},
                                 caf::make_message(authenticate{token_hash})));
  };
}

password_log_in password_opener(const node_port& port) {
  return [port](const std::string& user, const std::string& password, const std::string& address) {
    return value_of<logged_in>(port(actors::account_store_name,
                                    std::chrono::seconds{10},
                                    caf::make_message(log_in{user, {password}}, address)))
      .map([](logged_in x) { return std::move(x.access_token); });
  };
}

} // namespace aops::http
