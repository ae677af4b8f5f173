#pragma once

#include "runtime/base/health.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace aops::actors {

/// Knows which hosts of this node do not get their rounds stored, since when and what they wait
/// for: `/readyz` says so, and the log when it begins and when it is over. Any thread.
class round_watch {
public:
  /// A round that has waited for so many periods is stuck.
  static constexpr int64_t periods_of_patience = 3;

  struct wait {
    int64_t since_ms = 0; ///< Grid time of the oldest round, or when the host was started.
    std::string what;     ///< Such as `commit of 16 rounds in store/rounds: timed out`.
  };

  /// A host has looked at its oldest round. @param x `since_ms` 0: nothing waits.
  void looked(const std::string& host_id,
              const wait& x,
              int64_t now_ms,
              int64_t period_ms,
              base::health& health);
  /// The host is not here any more.
  void gone(const std::string& host_id, base::health& health);

  size_t stuck() const;

private:
  void show(base::health& health);

  mutable std::mutex mutex_;
  std::map<std::string, wait> stuck_; ///< By host.
  bool is_told_ = false;              ///< The log says so.
};

} // namespace aops::actors
