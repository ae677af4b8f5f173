#pragma once

#include "http/server/route.hpp"
#include "http/server/session_cache.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace aops::http {

/// Whether the node serves, and what does not work as it should.
struct readiness {
  bool is_ready = true;
  std::vector<std::string> degraded;
};

/// Everything a server offers.
struct service {
  std::vector<route> routes;
  std::vector<stream_route> streams;
  std::vector<page> pages;
  session_cache::lookup authenticate;
  std::function<readiness()> ready; ///< Absent: always ready.
  /// Called after each contract request that passed the schema and, where needed, the token: also
  /// when the caller was not allowed to. For the audit log; must not wait.
  std::function<void(const route&, const request_context&, int code)> finished;
  std::string version = "0";
  std::chrono::milliseconds request_timeout{10'000};
};

/// Answers requests by the tables: parse, schema, token, role, forced password change, business, in
/// this order. Adds `/openapi.json`, `/docs`, `/healthz`, `/readyz`, `/metrics`. May be used from
/// any thread.
class dispatcher {
public:
  explicit dispatcher(service s);

  /// Never throws: what a handler throws becomes code 500 with an id that the log explains.
  http_response answer(const http_request& request);

  session_cache& sessions() { return sessions_; }
  const service& what() const { return service_; }
  const json& openapi() const { return openapi_; }

private:
  struct endpoint {
    const route* contract = nullptr;
    const stream_route* stream = nullptr;
    const page* shown = nullptr;
  };
  using verbs = std::vector<std::pair<std::string_view, endpoint>>;

  void add_own_pages();
  void index();
  http_response serve(const http_request& request, std::string_view& label, int& code);
  http_response serve_contract(const route& r, const http_request& request, int& code);
  http_response serve_stream(const stream_route& r, const http_request& request, int& code);
  expected<reply> carry_out(const route& r, const http_request& request, const json& body);
  expected<reply> carry_out(const route& r, const action& work, const request_context& context);
  expected<caller> identify(may who, const http_request& request);
  request_context
  context_for(caller who, const http_request& request, std::chrono::milliseconds deadline) const;
  http_response show_readiness() const;

  service service_;
  session_cache sessions_;
  std::unordered_map<std::string, verbs> endpoints_;
  json openapi_;
};

/// The envelope of an error: `code`, `msg`, and `detail` where there is one. Our own mistakes are
/// logged, not told.
json envelope_of(const error& e);

/// The body of a request that HTTP itself refuses: `code`, `msg`, `message`.
std::string refusal_body(int status, std::string_view message);

} // namespace aops::http
