#include "http/routes/host_token.hpp"

#include "http/server/dispatcher.hpp"
#include "http/server/password_sessions.hpp"
#include "messages/roles/logs.hpp"
#include "runtime/base/digest.hpp"

namespace aops::http {

expected<std::string> host_token_hash(const http_request& request) {
  // Collectors know a header for it, or name and password; the name is not looked at.
  if (auto token = request.header("Access-Token"); !token.empty())
    return base::sha256_hex(token);
  auto proof = client_proof_of(request.header("Authorization"));
  if (!proof || proof->secret.empty())
    return fail(ec::session_invalid, "send the token of a host, as `Authorization: Bearer TOKEN`");
  return base::sha256_hex(proof->secret);
}

expected<void> admit_host(const node_port& port, const foreign_request& x) {
  auto token = host_token_hash(x.request);
  if (!token)
    return fail(std::move(token.error()));
  return value_of<host_token_known>(port(actors::host_logs_name,
                                         x.context.left(),
                                         caf::make_message(host_token_query{std::move(*token)})))
    .map([](const host_token_known&) {});
}

http_response answer_host(int status, json body) {
  http_response r;
  r.status = status;
  r.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  if (status == 429 || status == 503)
    r.headers.emplace_back("Retry-After", "1");
  return r;
}

int status_for_host(const error& e) {
  switch (e.code) {
  case ec::overloaded:
    return 429;
  case ec::timed_out:
  case ec::unreachable:
  case ec::store_unreachable:
    return 503;
  default:
    return outcome_of(e.code).http;
  }
}

http_response refuse_host(const error& e) {
  return answer_host(status_for_host(e), envelope_of(e));
}

} // namespace aops::http
