#pragma once

#include "http/server/identity.hpp"
#include "http/server/route.hpp"

#include <functional>
#include <map>
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
  std::vector<file_route> files;
  std::vector<foreign_route> foreign;
  std::shared_ptr<identity_provider> identities; ///< Absent: nobody is known.
  /// Told, for the log, the code of what would have changed something and was refused to somebody
  /// known, and of what was done where nobody else keeps a record.
  std::function<void(const route&, const caller&, int code, const std::string& detail)> record;
  std::string login_page;           ///< Path of the page that logs in; empty: there is none.
  std::function<readiness()> ready; ///< Absent: always ready.
  std::string version = "0";
  json asyncapi; ///< Of the message queue; null: there is none.
  std::chrono::milliseconds request_timeout{10'000};
  std::vector<std::string> trusted_proxies; ///< Addresses and networks.
  size_t max_body = 8 << 20;                ///< Of what came packed, when it is unpacked.
  bool is_strict = false; ///< Browsers are told to come by HTTPS only from now on.
};

/// Answers requests by the tables: parse, schema, identity, role, forced password change, business,
/// in this order. A request that only its cookie speaks for must come from a page of ours. Adds
/// `/openapi.json`, `/asyncapi.json`, `/docs`, `/healthz`, `/readyz`, `/metrics`. May be used from
/// any thread.
class dispatcher {
public:
  explicit dispatcher(service s);

  /// Never throws: what a handler throws becomes code 500 with an id that the log explains.
  /// @param request Its address and whether it came by TLS are changed to what a trusted proxy
  /// says.
  http_response answer(http_request request);

  const service& what() const { return service_; }
  const json& openapi() const { return openapi_; }

private:
  struct endpoint {
    const route* contract = nullptr;
    const stream_route* stream = nullptr;
    const page* shown = nullptr;
    const file_route* file = nullptr;
    const foreign_route* foreign = nullptr;
  };
  using verbs = std::vector<std::pair<std::string_view, endpoint>>;
  struct place {
    std::string_view label; ///< The path as the table has it.
    std::string_view rest;
    const verbs* offered = nullptr;
  };

  void add_own_pages();
  void index();
  place find(std::string_view path) const;
  http_response serve(const http_request& request, std::string_view& label, int& code);
  http_response serve_contract(const route& r, const http_request& request, int& code);
  http_response serve_stream(const stream_route& r, const http_request& request, int& code);
  http_response
  serve_page(const page& p, std::string_view rest, const http_request& request, int& code);
  http_response
  serve_foreign(const foreign_route& r, std::string_view rest, const http_request& request);
  expected<reply> carry_out(const route& r, const http_request& request, const json& body);
  expected<reply> carry_out(const route& r, const action& work, const request_context& context);
  void record(const route& r, const caller& who, const expected<reply>& answer) const;
  expected<caller> identify(may who, const http_request& request, bool is_foreign = false);
  request_context
  context_for(caller who, const http_request& request, std::chrono::milliseconds deadline) const;
  http_response show_readiness() const;

  service service_;
  std::unordered_map<std::string, verbs> endpoints_;
  std::map<std::string, verbs, std::less<>> prefixes_; ///< Without the `*`.
  json openapi_;
};

/// The envelope of an error: `code`, `msg`, and `detail` where there is one. Our own mistakes are
/// logged, not told.
json envelope_of(const error& e);

/// The body of a request that HTTP itself refuses: `code`, `msg`, `message`.
std::string refusal_body(int status, std::string_view message);

} // namespace aops::http
