#pragma once

#include "cli/aops/text/environment.hpp"
#include "messages/error.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Another node of the cluster that `aops login` was told of.
struct known_node {
  std::string url;
  std::string fingerprint; ///< As in `context`.
  friend bool operator==(const known_node&, const known_node&) = default;
};

/// What `aops login` remembers.
struct context {
  std::string url;
  std::string username;
  std::string access_token;
  /// SHA-256 of the pinned certificate, as `openssl x509 -fingerprint -sha256` prints it.
  std::string fingerprint;
  std::string cacert;               ///< Path given with `--cacert`, else empty.
  std::vector<known_node> others{}; ///< Asked, in this order, when `url` is not reached.
  friend bool operator==(const context&, const context&) = default;
};

/// `$XDG_CONFIG_HOME/aops/context.json`, else `$HOME/.config/aops/context.json`; `ec::bad_request`
/// without both.
expected<std::string> context_path(const environment& env);

/// An empty context when there is no file; `ec::bad_request` when it cannot be read or others may
/// read it.
expected<context> load_context(const std::string& path);

/// Writes with mode 0600, missing folders with 0700.
expected<void> save_context(const std::string& path, const context& what);

} // namespace aops::cli
