#include "http/routes/topology_routes.hpp"

#include "http/routes/host_token.hpp"
#include "http/routes/routes.hpp"
#include "messages/roles/topology.hpp"

namespace aops::http {

namespace {

/// The picture of a thousand hosts of other nodes may come in pieces.
constexpr std::chrono::seconds picture_deadline{30};

expected<http_response> take_batch_of_host(const node_port& port, const foreign_request& x) {
  auto token = host_token_hash(x.request);
  if (!token)
    return fail(std::move(token.error()));
  auto taken = value_of<batch_taken>(
    port(actors::topology_name,
         x.context.left(),
         caf::make_message(batch_to_take{std::move(*token), x.request.body})));
  if (!taken)
    return fail(std::move(taken.error()));
  return answer_host(200,
                     {{"code", code_ok},
                      {"msg", text_of(code_ok)},
                      {"links", taken->links},
                      {"period_ms", taken->period_ms}});
}

} // namespace

foreign_route topology_intake_route(const node_port& port) {
  foreign_route r;
  r.path = "/topology/ingest";
  r.summary =
    "Take processes and links that an agent sees on its host. With the token of the host.";
  r.bodies = {"application/json"};
  r.answer = [port](const foreign_request& x) { return take_batch_of_host(port, x); };
  r.refuse = refuse_host;
  r.takes_packed = true;
  r.admit = [port](const foreign_request& x) { return admit_host(port, x); };
  r.who = may::anyone; // A host's token is no session: who keeps the links looks at it.
  r.statuses = {200, 400, 401, 403, 413, 429, 500, 503};
  return r;
}

std::vector<route> topology_routes(const node_port& port) {
  using role = topology_actor;
  auto name = actors::topology_name;
  const std::string base = "/gala-spider/api/v1";
  auto picture = ask<role, topology_query, topology_entities>(
    port,
    method::get,
    base + "/get_entities",
    may::user,
    name,
    "Which process of which host talks to which, now or then.");
  picture.deadline = picture_deadline;
  auto summary = ask<role, topology_summary_query, topology_summary>(
    port,
    method::get,
    base + "/get_summary",
    may::user,
    name,
    "Which host, or group of hosts, talks to which, now or then.");
  summary.deadline = picture_deadline;
  return {
    std::move(picture),
    std::move(summary),
    ask<role, topology_status_query, topology_status>(port,
                                                      method::get,
                                                      base + "/get_status",
                                                      may::user,
                                                      name,
                                                      "How many hosts tell of their links."),
    ask<role, topology_changes_query, topology_changes>(
      port, method::get, base + "/get_changes", may::user, name, "Which links began and ended."),
  };
}

} // namespace aops::http
