#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/account.hpp"
#include "runtime/base/digest.hpp"

namespace aops::http {

namespace {

/// GET /session
struct whose_session {};
#define AOPS_FIELDS_whose_session(F)
AOPS_MESSAGE(whose_session)

/// Who is logged in, for pages.
struct session_of {
  int64_t code = 200; ///< 200, or 1204: the default password must be changed first.
  std::string user, role;
  maybe<std::string> session_token; ///< What becomes of the cookie.
};
#define AOPS_FIELDS_session_of(F)                                                                  \
  F(code, internal(), "")                                                                          \
  F(user, required(), "Account name.")                                                             \
  F(role, required().one_of("administrator|ordinary"), "What he may.")                             \
  F(session_token, internal(), "")
AOPS_MESSAGE(session_of)

/// POST /session/logout
struct session_ended {
  maybe<std::string> session_token;
};
#define AOPS_FIELDS_session_ended(F) F(session_token, internal(), "")
AOPS_MESSAGE(session_ended)

/// GET /session/node
struct node_traits_query {};
#define AOPS_FIELDS_node_traits_query(F)
AOPS_MESSAGE(node_traits_query)

struct node_traits_found {
  std::string samples_source;
  std::vector<std::string> plugins;
};
#define AOPS_FIELDS_node_traits_found(F)                                                           \
  F(samples_source,                                                                                \
    required().one_of("scrape|prometheus"),                                                        \
    "Where samples of hosts come from that nobody pushes.")                                        \
  F(plugins, required(), "What rules may name as their `plugin` beside those that are built in.")
AOPS_MESSAGE(node_traits_found)

session_of shown(const caller& who) {
  auto code = who.must_change_password ? outcome_of(ec::default_password).return_code : code_ok;
  return {code, who.user, to_string(who.role), {}};
}

expected<session_of> begin(const node_port& port, const request_context& context, log_in request) {
  auto made = value_of<logged_in>(port(actors::account_store_name,
                                       context.left(),
                                       caf::make_message(std::move(request), context.who.address)));
  if (!made)
    return fail(std::move(made.error()));
  auto who = authenticator(port)(base::sha256_hex(made->access_token));
  if (!who)
    return fail(std::move(who.error()));
  auto reply = shown(*who);
  reply.session_token.emplace(std::move(made->access_token));
  return reply;
}

} // namespace

// What the contract's log-in does for programs, with the token in a cookie that scripts cannot
// read.
std::vector<route> session_routes(const node_port& port) {
  auto login = make_route<log_in, session_of>(
    method::post,
    "/session/login",
    may::anyone,
    "Log in a browser: the session cookie is set. For pages of this server.",
    [port](const request_context& c, log_in x) { return begin(port, c, std::move(x)); });
  auto logout = make_route<log_out, session_ended>(
    method::post,
    "/session/logout",
    may::pending,
    "Log a browser out: its session ends, the cookie is deleted. For pages of this server.",
    [port](const request_context& c, log_out x) -> expected<session_ended> {
      auto ended = ask_actor<account_actor, done>(port, actors::account_store_name, c, x);
      if (!ended)
        return fail(std::move(ended.error()));
      session_ended reply;
      reply.session_token.emplace();
      return reply;
    });
  login.is_for_pages = logout.is_for_pages = true;
  auto show = make_route<whose_session, session_of>(
    method::get,
    "/session",
    may::pending,
    "Who is logged in.",
    [](const request_context& c, const whose_session&) -> expected<session_of> {
      return shown(c.who);
    });
  return {std::move(login), std::move(logout), std::move(show)};
}

route node_traits_route(node_traits is) {
  return make_route<node_traits_query, node_traits_found>(
    method::get,
    "/session/node",
    may::user,
    "What pages must know of how this node was set up.",
    [is = std::move(is)](const request_context&,
                         const node_traits_query&) -> expected<node_traits_found> {
      return node_traits_found{is.samples_source, is.plugins};
    });
}

} // namespace aops::http
