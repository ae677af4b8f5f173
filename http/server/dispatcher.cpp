#include "http/server/dispatcher.hpp"

#include "http/server/docs_page.hpp"
#include "http/server/openapi.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace aops::http {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view retry_after_seconds = "1";

std::string dump(const json& x) { return x.dump(-1, ' ', false, json::error_handler_t::replace); }

http_response json_response(int status, const json& body) {
  http_response r;
  r.status = status;
  r.body = dump(body);
  return r;
}

http_response refusal(int status, std::string_view message) {
  http_response r;
  r.status = status;
  r.body = refusal_body(status, message);
  return r;
}

http_response error_response(const error& e, int status, int& code) {
  code = outcome_of(e.code).return_code;
  auto r = json_response(status, envelope_of(e));
  if (status == 429)
    r.headers.emplace_back("Retry-After", retry_after_seconds);
  return r;
}

/// Contract endpoints answer 200 whatever happened, but for overload.
int contract_status(const error& e) { return e == ec::overloaded ? 429 : 200; }

bool is_json(std::string_view content_type) {
  constexpr std::string_view wanted = "application/json";
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' '))
    type.remove_suffix(1);
  auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  return std::equal(type.begin(), type.end(), wanted.begin(), wanted.end(), same);
}

expected<json> query_object(const http_request& request) {
  auto object = json::object();
  for (const auto& [name, value] : request.query)
    if (!object.emplace(name, value).second)
      return fail(ec::bad_request, "a query parameter stands twice");
  // The decoder needs valid UTF-8, and percent-encoding can hide anything.
  if (dump(object).find("\xEF\xBF\xBD") != std::string::npos)
    return fail(ec::bad_request, "the query is not UTF-8");
  return object;
}

/// The body as JSON, or what HTTP says about one that is not.
tl::expected<json, http_response> body_of(const route& r, const http_request& request) {
  if (r.verb == method::get) {
    auto query = query_object(request);
    if (query)
      return std::move(*query);
    return tl::unexpected(refusal(400, query.error().detail));
  }
  if (request.body.empty() && r.may_lack_body)
    return json::object();
  if (request.body.empty())
    return tl::unexpected(refusal(400, "the body is empty"));
  if (!is_json(request.header("Content-Type")))
    return tl::unexpected(refusal(400, "Content-Type must be application/json"));
  auto body = base::parse_json(request.body);
  if (!body)
    return tl::unexpected(refusal(400, body.error().detail));
  return std::move(*body);
}

/// Logs what only we can mend, once, under an id that the client is told.
error blamed_on_us(const error& e, std::string_view where) {
  auto id = base::random_hex(6);
  log::error("request-failed", "{} failed with id {}: {}", where, id, to_string(e));
  return {e.code, "error id " + id};
}

/// Role, then forced password change.
expected<void> judge(may who, const caller& known) {
  if (who == may::administrator && known.role != rights::administrator)
    return fail(ec::permission_denied);
  if ((who == may::user || who == may::administrator) && known.must_change_password)
    return fail(ec::default_password);
  return {};
}

/// Counts by path and code; handles are kept per thread, the registry has one lock for all.
void count_request(std::string_view label, int code) {
  thread_local std::map<std::pair<const char*, int>, metrics::counter> counters;
  auto key = std::pair{label.data(), code};
  auto it = counters.find(key);
  if (it == counters.end())
    it = counters
           .emplace(
             key,
             metrics::counter_of("aops_http_requests_total",
                                 "Requests by path and by code of the contract, or HTTP status.",
                                 {{"route", std::string{label}}, {"code", std::to_string(code)}}))
           .first;
  it->second.add();
}

bool is_ours(const error& e) { return e == ec::internal || e == ec::corrupt; }

} // namespace

std::string_view to_string(method m) {
  constexpr std::array<std::string_view, 5> names = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return names[static_cast<size_t>(m)];
}

milliseconds request_context::left() const {
  return std::max(milliseconds{1},
                  std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()));
}

json envelope_of(const error& e) {
  const auto& o = outcome_of(e.code);
  json envelope = {{"code", o.return_code}, {"msg", o.msg}};
  if (!e.detail.empty())
    envelope["detail"] = e.detail;
  return envelope;
}

std::string refusal_body(int status, std::string_view message) {
  int code = status == 429 || status == 503 ? 1001 : status >= 500 ? 500 : 1000;
  return dump({{"code", code}, {"msg", text_of(code)}, {"message", message}});
}

dispatcher::dispatcher(service s) : service_(std::move(s)), sessions_(service_.authenticate) {
  add_own_pages();
  index();
  openapi_ = openapi_of(service_);
}

void dispatcher::add_own_pages() {
  auto add = [this](std::string path, std::string summary, auto show) {
    service_.pages.push_back({std::move(path), std::move(summary), std::move(show)});
  };
  auto typed = [](std::string type, std::string body) {
    http_response r;
    r.content_type = std::move(type);
    r.body = std::move(body);
    return r;
  };
  add("/healthz", "Whether the process answers.", [](const http_request&) {
    return json_response(200, {{"status", "ok"}});
  });
  add("/readyz", "Whether the node serves, and what is degraded.", [this](const http_request&) {
    return show_readiness();
  });
  add("/metrics", "Figures for Prometheus.", [typed](const http_request&) {
    return typed(metrics::content_type, metrics::metrics_text());
  });
  add("/openapi.json", "This interface as OpenAPI 3.", [this](const http_request&) {
    return json_response(200, openapi_);
  });
  add("/docs", "This interface for people.", [this, typed](const http_request&) {
    return typed("text/html; charset=utf-8", docs_page(openapi_));
  });
}

void dispatcher::index() {
  auto add = [this](const std::string& path, std::string_view verb, endpoint e) {
    endpoints_[path].emplace_back(verb, e);
  };
  for (const auto& r : service_.routes)
    add(r.path, to_string(r.verb), {&r, nullptr, nullptr});
  for (const auto& r : service_.streams)
    add(r.path, "GET", {nullptr, &r, nullptr});
  for (const auto& p : service_.pages)
    add(p.path, "GET", {nullptr, nullptr, &p});
}

http_response dispatcher::show_readiness() const {
  auto state = service_.ready ? service_.ready() : readiness{};
  auto status = !state.is_ready ? "starting" : state.degraded.empty() ? "ready" : "degraded";
  return json_response(state.is_ready ? 200 : 503,
                       {{"status", status}, {"reasons", state.degraded}});
}

request_context
dispatcher::context_for(caller who, const http_request& request, milliseconds deadline) const {
  request_context context;
  context.who = std::move(who);
  context.who.address = request.address;
  context.id = base::random_hex(6);
  context.deadline =
    steady_clock::now() + (deadline.count() > 0 ? deadline : service_.request_timeout);
  return context;
}

expected<caller> dispatcher::identify(may who, const http_request& request) {
  if (who == may::anyone)
    return caller{};
  return sessions_.authenticate(request.header("Access-Token"));
}

expected<reply>
dispatcher::carry_out(const route& r, const action& work, const request_context& context) {
  if (auto allowed = judge(r.who, context.who); !allowed)
    return fail(std::move(allowed.error()));
  auto answer = work(context);
  if (r.who == may::pending) // Log-out, password: what was remembered may be wrong now.
    sessions_.forget_user(context.who.user);
  return answer;
}

expected<reply>
dispatcher::carry_out(const route& r, const http_request& request, const json& body) {
  auto work = r.prepare(body);
  if (!work)
    return fail(std::move(work.error()));
  auto who = identify(r.who, request);
  if (!who)
    return fail(std::move(who.error()));
  auto context = context_for(std::move(*who), request, r.deadline);
  expected<reply> answer;
  try {
    answer = carry_out(r, *work, context);
  } catch (const std::exception& e) {
    answer = fail(ec::internal, e.what());
  }
  if (service_.finished)
    service_.finished(
      r, context, answer ? answer->code : outcome_of(answer.error().code).return_code);
  return answer;
}

http_response dispatcher::serve_contract(const route& r, const http_request& request, int& code) {
  auto body = body_of(r, request);
  if (!body) {
    code = 1000;
    return std::move(body.error());
  }
  auto answer = carry_out(r, request, *body);
  if (!answer) {
    auto e = is_ours(answer.error()) ? blamed_on_us(answer.error(), r.path) : answer.error();
    return error_response(e, contract_status(e), code);
  }
  code = answer->code;
  answer->fields["code"] = code;
  answer->fields["msg"] = text_of(code);
  return json_response(200, answer->fields);
}

http_response
dispatcher::serve_stream(const stream_route& r, const http_request& request, int& code) {
  auto refuse = [&](const error& e) {
    auto told = is_ours(e) ? blamed_on_us(e, r.path) : e;
    return error_response(told, outcome_of(e.code).http, code);
  };
  auto query = query_object(request);
  if (!query)
    return refuse(query.error());
  auto open = r.prepare(*query);
  if (!open)
    return refuse(open.error());
  auto who = identify(r.who, request);
  if (!who)
    return refuse(who.error());
  if (auto allowed = judge(r.who, *who); !allowed)
    return refuse(allowed.error());
  stream_request asked;
  asked.context = context_for(std::move(*who), request, milliseconds{0});
  asked.last_event_id = request.header("Last-Event-ID");
  asked.still_valid = [this, session = asked.context.who.session, is_open = r.who == may::anyone] {
    if (is_open)
      return true;
    auto known = sessions_.authenticate_hash(session);
    // A store that does not answer for a moment must not end every stream.
    return known || known.error() != ec::session_invalid;
  };
  auto live = (*open)(asked);
  if (!live)
    return refuse(live.error());
  http_response response;
  response.content_type = live->content_type;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Accel-Buffering", "no");
  response.live = std::move(*live);
  return response;
}

http_response dispatcher::serve(const http_request& request, std::string_view& label, int& code) {
  auto found = endpoints_.find(request.path);
  if (found == endpoints_.end())
    return refusal(404, "there is nothing at this path");
  label = found->first;
  auto verb = request.method == "HEAD" ? std::string_view{"GET"} : std::string_view{request.method};
  for (const auto& [name, e] : found->second)
    if (name == verb)
      return e.contract ? serve_contract(*e.contract, request, code)
             : e.stream ? serve_stream(*e.stream, request, code)
                        : e.shown->show(request);
  auto r = refusal(405, "The method is not allowed for the requested URL.");
  std::string allowed;
  for (const auto& [name, e] : found->second)
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", name);
  r.headers.emplace_back("Allow", allowed);
  return r;
}

http_response dispatcher::answer(const http_request& request) {
  static auto seconds =
    metrics::histogram_of("aops_http_request_seconds",
                          "Time to answer a request, streams up to their first byte.",
                          metrics::second_bounds());
  auto began = steady_clock::now();
  std::string_view label = "other";
  int code = 0;
  http_response response;
  try {
    response = serve(request, label, code);
  } catch (const std::exception& e) {
    response = error_response(blamed_on_us({ec::internal, e.what()}, label), 500, code);
  } catch (...) {
    response = error_response(
      blamed_on_us({ec::internal, "an exception of unknown type"}, label), 500, code);
  }
  std::chrono::duration<double> took = steady_clock::now() - began;
  auto shown_code = code != 0 ? code : response.status;
  seconds.observe(took.count());
  count_request(label, shown_code);
  log::debug("request",
             "{} {} {} took {:.1f} ms: {}",
             request.address,
             request.method,
             request.path,
             took.count() * 1000,
             shown_code);
  return response;
}

} // namespace aops::http
