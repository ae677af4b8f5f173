#pragma once

#include "actors/supervisor/restart_policy.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace aops::actors {

/// How long background work waits before it asks again a source that did not answer: from a second
/// to half a minute, each time longer, and not at the time at which all others do.
class patience {
public:
  /// @param seed Another one for each host.
  explicit patience(uint64_t seed = 0) : jitter_(seed) {}

  std::chrono::milliseconds failed() {
    return std::chrono::milliseconds{restart_delay_ms(limits, ++failures_, jitter_.next())};
  }
  void succeeded() { failures_ = 0; }

private:
  static constexpr backoff limits{1000, 30'000, 2, 0.2, 0};
  jitter_source jitter_;
  size_t failures_ = 0;
};

/// A second, more or less: what many hosts wait for together must not be asked by all at once.
class about_a_second {
public:
  explicit about_a_second(std::string_view host_id)
      : jitter_(std::hash<std::string_view>{}(host_id)) {}
  std::chrono::milliseconds next() {
    return std::chrono::milliseconds{800 + static_cast<int64_t>(400 * jitter_.next())};
  }

private:
  jitter_source jitter_;
};

} // namespace aops::actors
