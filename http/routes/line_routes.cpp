#include "http/routes/line_routes.hpp"

#include "http/routes/host_token.hpp"
#include "http/routes/routes.hpp"
#include "messages/roles/logs.hpp"

namespace aops::http {

namespace {

/// More than `logs.search_timeout` may be: what a search says when that is over arrives.
constexpr std::chrono::seconds search_deadline{70};

constexpr std::string_view journal_type = "application/vnd.fdo.journal";
constexpr std::string_view otlp_path = "/v1/logs";

bool is_of_type(const http_request& request, std::string_view type) {
  auto header = request.header("Content-Type");
  return same_name(trim(header.substr(0, header.find(';'))), type);
}

expected<lines_taken> hand_in(const node_port& port, const foreign_request& x, std::string format) {
  auto token = host_token_hash(x.request);
  if (!token)
    return fail(std::move(token.error()));
  lines_to_take request{std::move(*token), std::move(format), x.request.body};
  return value_of<lines_taken>(
    port(actors::host_logs_name, x.context.left(), caf::make_message(std::move(request))));
}

/// As OTLP has it: `google.rpc.Status`.
http_response refuse_otlp(const error& e) {
  constexpr int invalid_argument = 3, permission_denied = 7, exhausted = 8, unavailable = 14,
                unauthenticated = 16;
  auto status = status_for_host(e);
  int code = status == 401   ? unauthenticated
             : status == 403 ? permission_denied
             : status == 429 ? exhausted
             : status < 500  ? invalid_argument
                             : unavailable;
  auto text = e.detail.empty() ? std::string{outcome_of(e.code).msg} : e.detail;
  return answer_host(status, {{"code", code}, {"message", std::move(text)}});
}

expected<http_response> take_otlp(const node_port& port, const foreign_request& x) {
  if (!is_of_type(x.request, "application/json"))
    return fail(ec::bad_request, "Content-Type: must be application/json: OTLP in JSON");
  auto taken = hand_in(port, x, "otlp");
  if (!taken)
    return fail(std::move(taken.error()));
  return answer_host(200, json::object());
}

expected<http_response> take_any(const node_port& port, const foreign_request& x) {
  bool is_journal = is_of_type(x.request, journal_type);
  auto taken = hand_in(port, x, is_journal ? "journal" : "json");
  if (!taken)
    return fail(std::move(taken.error()));
  return answer_host(200,
                     {{"code", code_ok},
                      {"msg", text_of(code_ok)},
                      {"taken", taken->taken},
                      {"duplicates", taken->duplicates},
                      {"shortened", taken->shortened}});
}

} // namespace

std::vector<foreign_route> line_intake_routes(const node_port& port) {
  foreign_route otlp, any;
  otlp.path = otlp_path;
  otlp.summary = "Take lines of a host: OTLP/HTTP in JSON. With the token of the host.";
  otlp.bodies = {"application/json"};
  otlp.answer = [port](const foreign_request& x) { return take_otlp(port, x); };
  otlp.refuse = refuse_otlp;
  any.path = "/logs/ingest";
  any.summary =
    "Take lines of a host: JSON as fluent-bit sends it, or what the journal exports. With "
    "the token of the host.";
  any.bodies = {"application/json", "application/x-ndjson", std::string{journal_type}};
  any.answer = [port](const foreign_request& x) { return take_any(port, x); };
  any.refuse = refuse_host;
  for (auto* r : {&otlp, &any}) {
    r->takes_packed = true;
    r->admit = [port](const foreign_request& x) { return admit_host(port, x); };
    r->who = may::anyone; // A host's token is no session: who keeps the lines looks at it.
    r->statuses = {200, 400, 401, 403, 413, 429, 500, 503};
  }
  return {std::move(otlp), std::move(any)};
}

std::vector<route> line_routes(const node_port& port) {
  using role = host_logs_actor;
  auto name = actors::host_logs_name;
  constexpr auto admin = may::administrator;
  auto searching = [](route r) {
    r.deadline = search_deadline;
    return only_reading(std::move(r));
  };
  return {
    searching(ask<role, line_search, lines_found>(
      port, method::post, "/logs/search", may::user, name, "Find lines that hosts logged.")),
    searching(ask<role, line_histogram_query, line_histogram>(
      port, method::post, "/logs/histogram", may::user, name, "Count lines over time.")),
    searching(ask<role, line_context_query, line_context>(
      port, method::post, "/logs/context", may::user, name, "Show the lines around one.")),
    ask<role, log_token_to_create, log_token_created>(
      port,
      method::post,
      "/logs/token/create",
      admin,
      name,
      "Make a token with which a host sends its lines, and nobody else's."),
    ask<role, log_tokens_query, log_tokens_found>(
      port, method::post, "/logs/token/get", admin, name, "List such tokens."),
    ask<role, log_tokens_to_delete, log_tokens_deleted>(
      port, method::remove, "/logs/token/delete", admin, name, "Delete such tokens."),
  };
}

} // namespace aops::http
