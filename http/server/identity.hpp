#pragma once

#include "http/server/exchange.hpp"
#include "http/server/password_sessions.hpp"
#include "http/server/session_cache.hpp"

#include <string>
#include <string_view>

namespace aops::http {

/// Who asks, and whether that speaks for the request.
struct identity {
  caller who;
  /// The browser sent the proof by itself, whoever made it send the request: only our own pages may
  /// use it.
  bool is_ambient = false;
};

/// Finds out who asks. Called from connection threads, several at once.
class identity_provider {
public:
  identity_provider() = default;
  virtual ~identity_provider() = default;
  identity_provider(const identity_provider&) = delete;
  identity_provider& operator=(const identity_provider&) = delete;

  /// ec::session_invalid when the request proves nothing.
  virtual expected<identity> identify(const http_request& request) = 0;
  /// The same where clients of other products ask, which prove themselves by `Authorization`.
  virtual expected<identity> identify_client(const http_request& request) {
    return identify(request);
  }
  /// Whether somebody who was identified still is; cheap enough for once a second and stream.
  virtual bool is_still_valid(const caller& who) = 0;
  /// What is remembered of him may be wrong now.
  virtual void forget(const caller& who) = 0;
};

/// Sessions: the token comes in the header `Access-Token`, else in the session cookie.
class session_identity : public identity_provider {
public:
  /// @param log_in For clients that send name and password; absent: these are not known.
  explicit session_identity(session_cache::lookup ask, password_log_in log_in = nullptr)
      : sessions_(std::move(ask)), passwords_(std::move(log_in)) {}
  expected<identity> identify(const http_request& request) override;
  /// Also `Authorization: Bearer TOKEN`, and `Basic` with the user's name, or none, and one of his
  /// tokens, or with name and password.
  expected<identity> identify_client(const http_request& request) override;
  bool is_still_valid(const caller& who) override;
  void forget(const caller& who) override;

private:
  expected<caller> by_password(const client_proof& proof, const std::string& address);

  session_cache sessions_;
  password_sessions passwords_;
};

/// The session cookie: `__Host-aops-session` over TLS, where a browser lets nobody else set it;
/// `aops-session` over plain HTTP.
std::string_view session_cookie_name(bool is_secure);

/// The value of a cookie of a request; empty when absent.
std::string_view cookie_of(const http_request& request, std::string_view name);

/// A `Set-Cookie` value that keeps a token, or with an empty one forgets it: not for scripts, not
/// from other sites, over TLS only where the request came by TLS.
std::string session_cookie(std::string_view token, bool is_secure);

/// Whether a page of this very server made the browser send the request, by `Sec-Fetch-Site`, else
/// `Origin`. Requests that change nothing may also come from the address bar, or without either.
bool is_from_own_page(const http_request& request);

} // namespace aops::http
