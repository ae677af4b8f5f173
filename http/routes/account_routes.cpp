#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/account.hpp"

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
  };
}

session_cache::lookup authenticator(const node_port& port) {
  return [port](const std::string& token_hash) {
    return value_of<caller>(port(actors::account_store_name,
                                 std::chrono::seconds{5},
                                 caf::make_message(authenticate{token_hash})));
  };
}

} // namespace aops::http
