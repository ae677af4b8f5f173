#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace aops::cli {

/// Where a node answers.
struct target {
  bool tls = true;
  std::string host = "127.0.0.1"; ///< Without the brackets of an IPv6 address.
  int port = 11111;
  /// Path before the contract's paths, such as `/api` of a proxy; no slash at the end.
  std::string prefix;

  /// Scheme, host and port: what a pinned certificate and a token belong to.
  std::string origin() const;
  friend bool operator==(const target&, const target&) = default;
};

/// `https://host:port/prefix`; with a scheme the usual ports (443, 80) are the default, without one
/// it is HTTPS on 11111. `ec::bad_request` says what is wrong.
expected<target> parse_url(std::string_view url);

/// True for names that only this very machine answers.
bool is_loopback(std::string_view host);

} // namespace aops::cli
