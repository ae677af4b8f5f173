#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace aops::actors {

/// Refuses log-ins of an account from an address after too many failures in a window, and those of
/// an address, whatever the account, after ten times as many. Bounded; any thread.
class login_throttle {
public:
  /// @param failures Allowed within `window_ms`. An empty account is none: the address counts.
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
  static constexpr int64_t names_of_an_address = 10;
  bool is_below(const std::string& key, int64_t limit, int64_t now_ms);
  void count(const std::string& key, int64_t now_ms);
  static std::string key(const std::string& account, const std::string& address) {
    return account + '\n' + address;
  }

  const int64_t failures_, window_ms_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
};

} // namespace aops::actors
