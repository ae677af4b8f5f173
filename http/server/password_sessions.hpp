#pragma once

#include "messages/error.hpp"

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aops::http {

/// Opens a session; answered with its token. Slow by intent.
using password_log_in = std::function<expected<std::string>(
  const std::string& user, const std::string& password, const std::string& address)>;

/// Sessions of clients that send name and password with each request, as HTTP Basic has it: one
/// log-in for many requests. Neither passwords nor tokens are kept, only digests. Any thread.
class password_sessions {
public:
  explicit password_sessions(password_log_in log_in);

  /// The hash of the token of the session that these opened; opens none.
  std::optional<std::string> known(std::string_view user, std::string_view password) const;

  /// The same, or of a new one. Several who ask for the same at once wait for one log-in.
  /// @param stale A hash that is no session any more; empty: there was none.
  expected<std::string> open(const std::string& user,
                             const std::string& password,
                             const std::string& address,
                             const std::string& stale);

private:
  std::string digest_of(std::string_view user, std::string_view password) const;

  const password_log_in log_in_;
  const std::string salt_; ///< Of this process.
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> sessions_; ///< Digest to hash of the token.
  /// By digest: while one logs in, others of the same digest wait, and few else.
  std::array<std::mutex, 16> turns_;
};

/// What a request says in `Authorization`.
struct client_proof {
  std::string user; ///< Empty with `Bearer`.
  std::string secret;
};

/// The token of `Bearer TOKEN`; empty: there is none.
std::string_view bearer_of(std::string_view authorization);

/// Of `Bearer SECRET` or `Basic BASE64(USER:SECRET)`; nothing for what is neither.
std::optional<client_proof> client_proof_of(std::string_view authorization);

} // namespace aops::http
