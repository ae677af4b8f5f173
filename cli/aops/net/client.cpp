#include "cli/aops/net/client.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace aops::cli {

/// Decides about the certificate inside the handshake, before anything is sent.
struct client::certificate_check {
  std::string wanted;        ///< Empty: any.
  bool only_looking = false; ///< Ends the handshake once the certificate is known.
  std::string seen;

  static std::string fingerprint_of(X509* certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!certificate || X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
      return {};
    return fmt::format("{:02X}", fmt::join(digest, digest + length, ":"));
  }

  static int judge(X509_STORE_CTX* store, void* self_pointer) {
    auto& self = *static_cast<certificate_check*>(self_pointer);
    self.seen = fingerprint_of(X509_STORE_CTX_get0_cert(store));
    bool good =
      !self.only_looking && !self.seen.empty() && (self.wanted.empty() || self.seen == self.wanted);
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return good ? 1 : 0;
  }
};

struct client::answer {
  httplib::Result result;
  std::chrono::steady_clock::duration took;
};

namespace {

/// A request with a clock beside it: the library does not tell a silent node from one that hung up.
template <class Ask>
auto timed(Ask ask) {
  auto begin = std::chrono::steady_clock::now();
  auto result = ask();
  return std::pair{std::move(result), std::chrono::steady_clock::now() - begin};
}

httplib::Headers headers_of(const connection& to) {
  httplib::Headers headers{{"Accept", "application/json"}};
  if (!to.token.empty()) // With a dash: proxies drop names with an underscore.
    headers.emplace("Access-Token", to.token);
  return headers;
}

/// Errors before the first byte of a request is sent.
bool never_left(httplib::Error e) {
  return e == httplib::Error::Connection || e == httplib::Error::ConnectionTimeout ||
         e == httplib::Error::SSLConnection || e == httplib::Error::SSLLoadingCerts ||
         e == httplib::Error::SSLServerVerification;
}

bool is_safe_header(const std::string& text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7F)
      return false;
  return true;
}

} // namespace

client::client(connection to) : to_(std::move(to)), check_(std::make_unique<certificate_check>()) {
  const auto& at = to_.where;
  if (at.tls)
    http_ = std::make_unique<httplib::SSLClient>(at.host, at.port);
  else
    http_ = std::make_unique<httplib::ClientImpl>(at.host, at.port);
  http_->set_tcp_nodelay(true);
  answer_s_ = to_.timeout_s;
  http_->set_connection_timeout(to_.connect_s);
  http_->set_read_timeout(to_.timeout_s);
  http_->set_write_timeout(to_.timeout_s);
  http_->set_keep_alive(true);
  if (at.tls)
    prepare_tls();
}

client::~client() = default;
client::client(client&&) noexcept = default;

void client::prepare_tls() {
  auto* tls = static_cast<httplib::SSLClient*>(http_.get());
  if (to_.whom.how == trust::kind::file)
    http_->set_ca_cert_path(to_.whom.cacert, {});
  bool by_authority = to_.whom.how == trust::kind::system || to_.whom.how == trust::kind::file;
  http_->enable_server_certificate_verification(by_authority);
  SSL_CTX_set_min_proto_version(tls->ssl_context(), TLS1_2_VERSION);
  if (by_authority)
    return;
  check_->wanted = to_.whom.how == trust::kind::pinned ? to_.whom.fingerprint : "";
  // A refusal by the callback ends the handshake only when verification is asked for.
  SSL_CTX_set_verify(tls->ssl_context(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(tls->ssl_context(), &certificate_check::judge, check_.get());
}

error client::explain(const answer& got) const {
  auto where = to_.where.origin();
  auto say = [&](std::string_view what) {
    return error{ec::unreachable, fmt::format("{}: {}", where, what)};
  };
  bool refused =
    to_.whom.how == trust::kind::pinned && !check_->seen.empty() && check_->seen != check_->wanted;
  if (refused)
    return say(tr("shows another certificate than the one pinned; if the node has a new one, run: "
                  "aops login --trust"));
  switch (got.result.error()) {
  case httplib::Error::Connection:
    return say(tr("cannot connect; is the node running there?"));
  case httplib::Error::ConnectionTimeout:
    return say(tr("cannot connect within {} s", to_.connect_s));
  case httplib::Error::SSLConnection:
    if (got.took >=
        std::chrono::seconds{to_.connect_s}) // The system took the connection, nobody else.
      return say(tr("no answer within {} s", to_.connect_s));
    return say(tr("the TLS handshake failed; if the node speaks plain HTTP, use a http:// URL"));
  case httplib::Error::SSLLoadingCerts:
    return say(tr("cannot load certificates from {}", to_.whom.cacert));
  case httplib::Error::SSLServerVerification:
    return say(
      tr("its certificate is not trusted; pin it with `aops login` or give --cacert FILE"));
  case httplib::Error::Read:
  case httplib::Error::Write:
    if (got.took >= std::chrono::seconds{answer_s_})
      return say(tr("no answer within {} s", answer_s_));
    return say(to_.where.tls
                 ? tr("the connection broke off")
                 : tr("the connection broke off; if the node speaks HTTPS, use a https:// URL"));
  default:
    return say(httplib::to_string(got.result.error()));
  }
}

namespace {

/// Paths whose replies may be lists, and have no code beside that of HTTP: an interface that was
/// there before, see docs/tracing.md.
bool is_traced(std::string_view path) {
  constexpr std::string_view folders[] = {"/domain/", "/host/", "/management/", "/confs/"};
  return std::any_of(
    std::begin(folders), std::end(folders), [&](auto x) { return path.starts_with(x); });
}

/// The answers of the query API have no code either, and errors are HTTP statuses.
bool is_of_query_api(std::string_view path) { return path.starts_with("/api/v1/"); }

expected<json> query_reply(json body, int status) {
  if (text_of(body, "status") == "success") {
    body["code"] = 200;
    return body;
  }
  if (status == 401)
    return fail(ec::session_invalid, tr("the session is invalid; run: aops login"));
  return fail(status == 503   ? ec::overloaded
              : status == 403 ? ec::permission_denied
                              : ec::bad_request,
              text_of(body, "error"));
}

} // namespace

expected<json>
client::read_reply(const answer& got, std::string_view method, const std::string& path) const {
  may_have_arrived_ = got.result || !never_left(got.result.error());
  broke_off_ = !got.result && may_have_arrived_ && got.took < std::chrono::seconds{answer_s_};
  if (!got.result)
    return fail(explain(got));
  const auto& response = *got.result;
  auto body = parse_json(response.body);
  if (response.status == 429) {
    auto after = response.get_header_value("Retry-After");
    auto why = body ? text_of(*body, "detail") : std::string{};
    auto shown = why.empty() ? tr("the node has too much to do") : why;
    return fail(ec::overloaded,
                after.empty() ? tr("{}; try again later", shown)
                              : tr("{}; try again in {} s", shown, after));
  }
  if (body && member(*body, "code").is_number_integer())
    return body;
  if (body && is_of_query_api(path) && member(*body, "status").is_string())
    return query_reply(std::move(*body), response.status);
  if (body && response.status < 300 && is_traced(path)) {
    auto coded = body->is_array() ? json{{"list", std::move(*body)}} : std::move(*body);
    coded["code"] = response.status;
    return coded;
  }
  auto what = tr("HTTP {} to {} {} at {}", response.status, method, path, to_.where.origin());
  if (response.status == 404 || response.status == 405)
    return fail(ec::not_found, tr("{}: this node does not offer it", what));
  return fail(ec::internal, tr("{} is no reply of an aops node", what));
}

expected<json> client::post(const std::string& path, const json& body, const std::string& key) {
  if (!is_safe_header(to_.token))
    return fail(ec::bad_request, tr("the access token holds control characters"));
  auto headers = headers_of(to_);
  if (!key.empty())
    headers.emplace("Idempotency-Key", key);
  auto [result, took] = timed([&] {
    return http_->Post(to_.where.prefix + path, headers, to_line(body), "application/json");
  });
  return read_reply({std::move(result), took}, "POST", path);
}

expected<json> client::put(const std::string& path, const json& body) {
  if (!is_safe_header(to_.token))
    return fail(ec::bad_request, tr("the access token holds control characters"));
  auto [result, took] = timed([&] {
    return http_->Put(to_.where.prefix + path, headers_of(to_), to_line(body), "application/json");
  });
  return read_reply({std::move(result), took}, "PUT", path);
}

expected<json> client::get(const std::string& path) {
  if (!is_safe_header(to_.token))
    return fail(ec::bad_request, tr("the access token holds control characters"));
  auto [result, took] = timed([&] { return http_->Get(to_.where.prefix + path, headers_of(to_)); });
  return read_reply({std::move(result), took}, "GET", path);
}

void client::limit_answer(int seconds) {
  answer_s_ = seconds > 0 ? std::min(seconds, to_.timeout_s) : to_.timeout_s;
  http_->set_read_timeout(answer_s_);
}

expected<json> client::remove(const std::string& path, const json& body) {
  if (!is_safe_header(to_.token))
    return fail(ec::bad_request, tr("the access token holds control characters"));
  auto [result, took] = timed([&] {
    return http_->Delete(
      to_.where.prefix + path, headers_of(to_), to_line(body), "application/json");
  });
  return read_reply({std::move(result), took}, "DELETE", path);
}

expected<void> client::stream(const std::string& path,
                              const std::string& last_event_id,
                              int idle_s,
                              const std::function<bool(std::string_view)>& take) {
  auto headers = headers_of(to_);
  headers.erase("Accept");
  headers.emplace("Accept", "text/event-stream");
  if (!last_event_id.empty() && is_safe_header(last_event_id))
    headers.emplace("Last-Event-ID", last_event_id);
  http_->set_read_timeout(idle_s);
  int status = 0;
  bool wanted = true;
  auto [result, took] = timed([&] {
    return http_->Get(
      to_.where.prefix + path,
      headers,
      [&](const httplib::Response& response) {
        status = response.status;
        return status == 200;
      },
      [&](const char* data, size_t length) {
        return wanted = take({data, length});
      });
  });
  http_->set_read_timeout(answer_s_);
  if (status == 404 || status == 405)
    return fail(ec::not_found, tr("HTTP {} to GET {}", status, path));
  if (status == 429)
    return fail(ec::overloaded, tr("the node has too many streams open"));
  if (status == 401)
    return fail(ec::session_invalid, tr("the session is invalid; run: aops login"));
  if (status != 0 && status != 200)
    return fail(ec::internal, tr("HTTP {} to GET {}", status, path));
  if (!result && wanted)
    return fail(explain({std::move(result), took}));
  return {};
}

expected<std::string> client::look_at_certificate() {
  if (!to_.where.tls)
    return std::string{};
  client looking({to_.where, {trust::kind::anybody, {}, {}}, {}, to_.timeout_s, to_.connect_s});
  looking.check_->only_looking = true;
  auto [result, took] = timed([&] { return looking.http_->Get("/healthz"); });
  if (!looking.check_->seen.empty())
    return looking.check_->seen;
  return fail(looking.explain({std::move(result), took}));
}

} // namespace aops::cli
