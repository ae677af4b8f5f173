#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace aops::actors {

/// Refuses log-ins of an account from an address after too many failures in a window. Bounded; any
/// thread.
class login_throttle {
public:
  /// @param failures Allowed within `window_ms`.
  login_throttle(int64_t failures, int64_t window_ms)
      : failures_(failures), window_ms_(window_ms) {}

  bool allows(const std::string& account, const std::string& address, int64_t now_ms);
  void failed(const std::string& account, const std::string& address, int64_t now_ms);
  void succeeded(const std::string& account, const std::string& address);

private:
  static constexpr size_t most_entries = 10'000;
  struct entry {
    int64_t since_ms = 0, count = 0;
  };
  static std::string key(const std::string& account, const std::string& address) {
    return account + '\n' + address;
  }

  const int64_t failures_, window_ms_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
};

} // namespace aops::actors
