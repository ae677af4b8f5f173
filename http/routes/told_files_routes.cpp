#include "http/routes/told_files_routes.hpp"

#include "http/routes/host_token.hpp"
#include "messages/roles/tracing.hpp"

namespace aops::http {

namespace {

expected<http_response> take_files_of_host(const node_port& port, const foreign_request& x) {
  auto token = host_token_hash(x.request);
  if (!token)
    return fail(std::move(token.error()));
  auto taken = value_of<told_files_taken>(
    port(actors::tracing_name,
         x.context.left(),
         caf::make_message(told_files_to_take{std::move(*token), x.request.body})));
  if (!taken)
    return fail(std::move(taken.error()));
  return answer_host(200,
                     {{"code", code_ok},
                      {"msg", text_of(code_ok)},
                      {"traced", taken->traced},
                      {"wanted", taken->wanted},
                      {"untraced", taken->untraced},
                      {"period_ms", taken->period_ms}});
}

} // namespace

foreign_route told_files_route(const node_port& port) {
  foreign_route r;
  r.path = "/tracing/ingest";
  r.summary = "Take what a host tells of its own traced files. With the token of the host.";
  r.bodies = {"application/json"};
  r.answer = [port](const foreign_request& x) { return take_files_of_host(port, x); };
  r.refuse = refuse_host;
  r.who = may::anyone; // A host's token is no session: who takes the files looks at it.
  r.statuses = {200, 400, 401, 403, 429, 500, 503};
  return r;
}

} // namespace aops::http
