#include "http/server/dispatcher.hpp"

#include "http/server/docs_page.hpp"
#include "http/server/openapi.hpp"
#include "http/server/packed_body.hpp"
#include "http/server/proxy.hpp"
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

/// A query whose parameters may stand several times, each as a list.
expected<json> query_lists(const http_request& request) {
  auto object = json::object();
  for (const auto& [name, value] : request.query)
    object[name].push_back(value);
  if (dump(object).find("\xEF\xBF\xBD") != std::string::npos)
    return fail(ec::bad_request, "the query is not UTF-8");
  return object;
}

/// The body as JSON, or what HTTP says about one that is not.
tl::expected<json, http_response> body_of(const route& r, const http_request& request) {
  if (r.verb == method::get || r.takes_query) {
    auto query = r.takes_query ? query_lists(request) : query_object(request);
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

constexpr std::string_view repeat_header = "Idempotency-Key";
constexpr size_t longest_key = 255;

/// The key that a request came with, where it means something. The digest is of the key too:
/// without it nobody who reads the store can try what stood in the body.
expected<repeatable_request> repeatable_of(const route& r, const http_request& request) {
  repeatable_request out;
  auto key = request.header(repeat_header);
  if (key.empty() || !r.is_repeatable)
    return out;
  auto is_plain = [](unsigned char c) { return c > ' ' && c < 0x7F; };
  if (key.size() > longest_key || !std::all_of(key.begin(), key.end(), is_plain))
    return fail(ec::bad_request,
                fmt::format("{}: must be 1 to {} visible characters", repeat_header, longest_key));
  out.key = key;
  out.digest = base::sha256_hex(fmt::format("{}\n{}\n{}", key, r.path, request.body));
  return out;
}

/// Role, then what the token may, then forced password change.
expected<void> judge(may who, const caller& known, bool changes = false) {
  if (who == may::administrator && known.role != rights::administrator)
    return fail(ec::permission_denied);
  if (changes && !known.may_act)
    return fail(ec::permission_denied, "the token may only read");
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

constexpr size_t nonce_bytes = 16;

http_response redirect(std::string to) {
  http_response r;
  r.status = 303;
  r.content_type = "text/plain; charset=utf-8";
  r.body = "Log in first.";
  r.headers.emplace_back("Location", std::move(to));
  return r;
}

/// Only our own scripts and styles run, nothing is framed, nothing leaks to other sites.
void guard_html(http_response& r, std::string_view nonce) {
  r.headers.emplace_back(
    "Content-Security-Policy",
    fmt::format("default-src 'self'; script-src 'self' 'nonce-{0}'; style-src 'self' 'nonce-{0}'; "
                "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
                "frame-ancestors 'none'",
                nonce));
  r.headers.emplace_back("Referrer-Policy", "same-origin");
  r.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

/// Answers of somebody who judged the request, so that nothing was done: worth a record. What is
/// malformed is not, nor what may have been carried out.
bool is_refusal(const error& e) {
  switch (e.code) {
  case ec::permission_denied:
  case ec::vault_key:
  case ec::default_password:
  case ec::same_password:
  case ec::change_password:
  case ec::conflict:
  case ec::has_dependency:
  case ec::update_failed:
    return true;
  default:
    return false;
  }
}

/// The status of a code where they are the same: a code that is no status has that of its error.
int status_of(int code) {
  if (code < 600)
    return code;
  for (const auto& x : outcomes)
    if (x.return_code == code)
      return x.http;
  return 500;
}

bool is_ours(const error& e) { return e == ec::internal || e == ec::corrupt; }

} // namespace

std::string_view to_string(method m) {
  constexpr std::array<std::string_view, 5> names = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return names[static_cast<size_t>(m)];
}

bool changes_by_name(method verb, std::string_view path) {
  auto last = path.substr(path.rfind('/') + 1);
  constexpr std::array<std::string_view, 4> reading = {"get", "get_list", "count", "query"};
  return verb != method::get && std::find(reading.begin(), reading.end(), last) == reading.end();
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

dispatcher::dispatcher(service s) : service_(std::move(s)) {
  add_own_pages();
  index();
  openapi_ = openapi_of(service_);
}

void dispatcher::add_own_pages() {
  auto json_type = std::string{"application/json"};
  auto add = [this](std::string path, std::string summary, std::string type, auto show) -> page& {
    return service_.pages.emplace_back(
      page{std::move(path), std::move(summary), std::move(show), std::move(type)});
  };
  auto typed = [](std::string type, std::string body) {
    http_response r;
    r.content_type = std::move(type);
    r.body = std::move(body);
    return r;
  };
  add("/healthz", "Whether the process answers.", json_type, [](const page_context&) {
    return json_response(200, {{"status", "ok"}});
  });
  add("/readyz", "Whether the node serves, and what is degraded.", json_type, [this](const auto&) {
    return show_readiness();
  }).statuses = {200, 503};
  add("/metrics", "Figures for Prometheus.", metrics::content_type, [typed](const auto&) {
    return typed(metrics::content_type, metrics::metrics_text());
  });
  add("/openapi.json", "This interface as OpenAPI 3.", json_type, [this](const page_context&) {
    return json_response(200, openapi_);
  });
  if (!service_.asyncapi.is_null())
    add("/asyncapi.json",
        "The message queue as AsyncAPI 3.",
        json_type,
        [this](const page_context&) { return json_response(200, service_.asyncapi); });
  auto files = std::make_shared<static_files>();
  auto style = "docs/" + files->add_versioned("style.css", std::string{docs_style()});
  service_.files.push_back({"/docs/*", "What `/docs` is shown with.", files});
  add("/docs",
      "This interface for people.",
      page{}.content_type,
      [this, typed, style](const page_context&) {
        return typed(page{}.content_type, docs_page(openapi_, style));
      });
}

void dispatcher::index() {
  auto add = [this](const std::string& path, std::string_view verb, endpoint e) {
    auto& offered =
      path.ends_with("/*") ? prefixes_[path.substr(0, path.size() - 1)] : endpoints_[path];
    offered.emplace_back(verb, e);
  };
  for (const auto& r : service_.routes)
    add(r.path, to_string(r.verb), {.contract = &r});
  for (const auto& r : service_.streams)
    add(r.path, "GET", {.stream = &r});
  for (const auto& p : service_.pages)
    add(p.path, "GET", {.shown = &p});
  for (const auto& f : service_.files)
    add(f.path, "GET", {.file = &f});
  for (const auto& r : service_.foreign) {
    if (r.bodies.empty())
      add(r.path, "GET", {.foreign = &r});
    if (r.takes_forms || !r.bodies.empty())
      add(r.path, "POST", {.foreign = &r});
  }
}

dispatcher::place dispatcher::find(std::string_view path) const {
  if (auto it = endpoints_.find(std::string{path}); it != endpoints_.end())
    return {it->first, {}, &it->second};
  // Each shorter prefix that ends in a slash, the longest first.
  for (auto slash = path.rfind('/'); slash != path.npos;
       slash = slash == 0 ? path.npos : path.rfind('/', slash - 1))
    if (auto it = prefixes_.find(path.substr(0, slash + 1)); it != prefixes_.end())
      return {it->first, path.substr(slash + 1), &it->second};
  return {};
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
  *context.recorded = context.who;
  context.id = base::random_hex(6);
  context.deadline =
    steady_clock::now() + (deadline.count() > 0 ? deadline : service_.request_timeout);
  return context;
}

expected<caller> dispatcher::identify(may who, const http_request& request, bool is_foreign) {
  if (who == may::anyone)
    return caller{};
  auto known = !service_.identities ? expected<identity>{fail(ec::session_invalid)}
               : is_foreign         ? service_.identities->identify_client(request)
                                    : service_.identities->identify(request);
  if (!known)
    return fail(std::move(known.error()));
  if (known->is_ambient && !is_from_own_page(request))
    return fail(ec::permission_denied, "the request comes from another site");
  return std::move(known->who);
}

expected<reply>
dispatcher::carry_out(const route& r, const action& work, const request_context& context) {
  if (auto allowed = judge(r.who, context.who, r.changes && r.who != may::anyone); !allowed)
    return fail(std::move(allowed.error()));
  auto answer = work(context);
  if (r.who == may::pending) // Log-out, password: what was remembered may be wrong now.
    service_.identities->forget(context.who);
  return answer;
}

void dispatcher::record(const route& r, const caller& who, const expected<reply>& answer) const {
  if (!answer && is_refusal(answer.error()))
    service_.record(r, who, outcome_of(answer.error().code).return_code, answer.error().detail);
  else if (answer && r.is_recorded_here)
    service_.record(r, who, answer->code, {});
}

expected<reply>
dispatcher::carry_out(const route& r, const http_request& request, const json& body) {
  auto work = r.prepare(body);
  if (!work)
    return fail(std::move(work.error()));
  // Another site must not log a browser in either, as somebody else.
  if (r.is_for_pages && !is_from_own_page(request))
    return fail(ec::permission_denied, "the request does not come from a page of this server");
  auto who = identify(r.who, request);
  if (!who)
    return fail(std::move(who.error()));
  auto repeatable = repeatable_of(r, request);
  if (!repeatable)
    return fail(std::move(repeatable.error()));
  who->repeatable = std::move(*repeatable);
  try {
    auto context = context_for(std::move(*who), request, r.deadline);
    auto answer = carry_out(r, *work, context);
    if (service_.record && r.changes && r.who != may::anyone)
      record(r, *context.recorded, answer);
    return answer;
  } catch (const std::exception& e) {
    return fail(ec::internal, e.what());
  }
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
    return error_response(e, r.status_is_code ? outcome_of(e.code).http : contract_status(e), code);
  }
  code = answer->code;
  if (r.status_is_code)
    return json_response(status_of(code), answer->fields);
  answer->fields["code"] = code;
  answer->fields["msg"] = text_of(code);
  auto response = json_response(200, answer->fields);
  if (answer->session_token)
    response.headers.emplace_back("Set-Cookie",
                                  session_cookie(*answer->session_token, request.is_secure));
  return response;
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
  asked.still_valid = [this, known = asked.context.who, is_open = r.who == may::anyone] {
    return is_open || service_.identities->is_still_valid(known);
  };
  auto live = (*open)(asked);
  if (!live)
    return refuse(live.error());
  http_response response;
  if (!live->pump) {
    response.status = 204;
    return response;
  }
  response.content_type = live->content_type;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Accel-Buffering", "no");
  response.live = std::move(*live);
  return response;
}

http_response dispatcher::serve_page(const page& p,
                                     std::string_view rest,
                                     const http_request& request,
                                     int& code) {
  page_context context{request, rest, base_path_of(request), base::random_hex(nonce_bytes), {}};
  context.who = [&]() -> std::optional<caller> {
    auto known = identify(may::pending, request);
    return known ? std::optional{std::move(*known)} : std::nullopt;
  };
  if (p.who != may::anyone) {
    auto who = identify(p.who, request);
    auto allowed = who ? judge(p.who, *who) : expected<void>{fail(who.error())};
    // Who must log in, or change the password first, does so on the page for that.
    bool is_for_login = !allowed && (allowed.error() == ec::session_invalid ||
                                     allowed.error() == ec::default_password);
    if (is_for_login && !service_.login_page.empty())
      return redirect(context.base_path + service_.login_page);
    if (!allowed)
      return error_response(allowed.error(), outcome_of(allowed.error().code).http, code);
    context.who = [who = std::move(*who)] { return std::optional{who}; };
  }
  auto response = p.show(context);
  if (response.content_type.starts_with("text/html"))
    guard_html(response, context.nonce);
  return response;
}

http_response dispatcher::serve_foreign(const foreign_route& r,
                                        std::string_view rest,
                                        const http_request& request) {
  auto carry_out = [&]() -> expected<http_response> {
    auto who = identify(r.who, request, true);
    if (!who)
      return fail(std::move(who.error()));
    if (auto allowed = judge(r.who, *who); !allowed)
      return fail(std::move(allowed.error()));
    if (auto how = request.header(packed_header); r.takes_packed && !how.empty()) {
      // Unpacking is work, of which nobody may ask whom we do not know.
      if (r.admit) {
        foreign_request asked{context_for(*who, request, milliseconds{0}), request, rest};
        if (auto admitted = r.admit(asked); !admitted)
          return fail(std::move(admitted.error()));
      }
      auto body = unpacked_body(request.body, how, service_.max_body);
      if (!body && body.error() == ec::overloaded)
        return refusal(413, body.error().detail);
      if (!body)
        return fail(std::move(body.error()));
      auto unpacked = request;
      unpacked.body = std::move(*body);
      return r.answer({context_for(std::move(*who), unpacked, milliseconds{0}), unpacked, rest});
    }
    return r.answer({context_for(std::move(*who), request, milliseconds{0}), request, rest});
  };
  auto answer = carry_out();
  if (answer)
    return std::move(*answer);
  return r.refuse(is_ours(answer.error()) ? blamed_on_us(answer.error(), r.path) : answer.error());
}

http_response dispatcher::serve(const http_request& request, std::string_view& label, int& code) {
  auto found = find(request.path);
  if (!found.offered)
    return refusal(404, "there is nothing at this path");
  label = found.label;
  auto verb = request.method == "HEAD" ? std::string_view{"GET"} : std::string_view{request.method};
  for (const auto& [name, e] : *found.offered) {
    if (name != verb)
      continue;
    if (e.contract)
      return serve_contract(*e.contract, request, code);
    if (e.stream)
      return serve_stream(*e.stream, request, code);
    if (e.shown)
      return serve_page(*e.shown, found.rest, request, code);
    if (e.foreign)
      return serve_foreign(*e.foreign, found.rest, request);
    const auto* file = e.file->files->find(found.rest);
    return file ? answer_with(*file, request) : refusal(404, "there is no such file");
  }
  std::string allowed;
  for (const auto& [name, e] : *found.offered)
    allowed += fmt::format("{}, {}", name, name == "GET" ? "HEAD, " : "");
  allowed += "OPTIONS";
  http_response r;
  if (verb == "OPTIONS")
    r.status = 204;
  else
    r = refusal(405, "The method is not allowed for the requested URL.");
  r.headers.emplace_back("Allow", allowed);
  return r;
}

http_response dispatcher::answer(http_request request) {
  static auto seconds =
    metrics::histogram_of("aops_http_request_seconds",
                          "Time to answer a request, streams up to their first byte.",
                          metrics::second_bounds());
  auto began = steady_clock::now();
  std::string_view label = "other";
  int code = 0;
  http_response response;
  believe_proxy(request, service_.trusted_proxies);
  try {
    response = serve(request, label, code);
  } catch (const std::exception& e) {
    response = error_response(blamed_on_us({ec::internal, e.what()}, label), 500, code);
  } catch (...) {
    response = error_response(
      blamed_on_us({ec::internal, "an exception of unknown type"}, label), 500, code);
  }
  if (service_.is_strict && request.is_secure)
    response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
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
