#pragma once

#include "actors/store/store_access.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

/// Tokens with which hosts send what they see: lines, links.
namespace aops::actors {

/// Which hosts tokens are of, for a moment. Any thread.
class host_token_cache {
public:
  std::optional<std::string> find(const std::string& token_hash, int64_t now_ms);
  void keep(const std::string& token_hash, std::string host_id, int64_t now_ms);
  void clear();

  /// How long a deleted token may still be good for on another node.
  static constexpr int64_t good_ms = 10'000;

private:
  struct entry {
    std::string host_id;
    int64_t until_ms = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, entry> all_;
};

/// The host of a token; ec::session_invalid when nobody has it. May wait for the store.
expected<std::string>
host_of_token(const store_access& store, host_token_cache& tokens, const std::string& hash);

} // namespace aops::actors
