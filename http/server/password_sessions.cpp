#include "http/server/password_sessions.hpp"

#include "http/server/exchange.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"

namespace aops::http {

namespace {

constexpr size_t salt_bytes = 16;
constexpr size_t most_sessions = 1000; ///< One more, and all are forgotten.

} // namespace

password_sessions::password_sessions(password_log_in log_in)
    : log_in_(std::move(log_in)), salt_(base::random_hex(salt_bytes)) {}

std::string password_sessions::digest_of(std::string_view user, std::string_view password) const {
  std::string text = salt_;
  text.append(base::sha256_hex(user)).append(password);
  return base::sha256_hex(text);
}

std::optional<std::string> password_sessions::known(std::string_view user,
                                                    std::string_view password) const {
  auto digest = digest_of(user, password);
  std::lock_guard lock{mutex_};
  auto it = sessions_.find(digest);
  return it == sessions_.end() ? std::nullopt : std::optional{it->second};
}

expected<std::string> password_sessions::open(const std::string& user,
                                              const std::string& password,
                                              const std::string& address,
                                              const std::string& stale) {
  if (!log_in_)
    return fail(ec::session_invalid);
  auto digest = digest_of(user, password);
  std::lock_guard turn{turns_[std::hash<std::string>{}(digest) % turns_.size()]};
  {
    std::lock_guard lock{mutex_};
    auto it = sessions_.find(digest);
    if (it != sessions_.end() && it->second != stale) // Another was faster.
      return it->second;
    if (it != sessions_.end())
      sessions_.erase(it);
  }
  auto token = log_in_(user, password, address);
  if (!token)
    return fail(std::move(token.error()));
  auto hash = base::sha256_hex(*token);
  std::lock_guard lock{mutex_};
  if (sessions_.size() >= most_sessions)
    sessions_.clear();
  sessions_.insert_or_assign(digest, hash);
  return hash;
}

std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() < scheme.size() ||
      !same_name(authorization.substr(0, scheme.size() - 1), "bearer") ||
      authorization[scheme.size() - 1] != ' ')
    return {};
  return trim(authorization.substr(scheme.size()));
}

std::optional<client_proof> client_proof_of(std::string_view authorization) {
  if (auto token = bearer_of(authorization); !token.empty())
    return client_proof{{}, std::string{token}};
  auto blank = authorization.find(' ');
  if (blank == authorization.npos)
    return {};
  auto scheme = authorization.substr(0, blank);
  auto rest = trim(authorization.substr(blank));
  if (!same_name(scheme, "Basic"))
    return {};
  auto pair = base::from_base64(rest);
  if (!pair)
    return {};
  auto colon = pair->find(':');
  if (colon == pair->npos || colon + 1 == pair->size())
    return {};
  return client_proof{pair->substr(0, colon), pair->substr(colon + 1)};
}

} // namespace aops::http
