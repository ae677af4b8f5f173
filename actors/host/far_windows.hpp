#pragma once

#include "actors/host/history_source.hpp"
#include "actors/host/patience.hpp"
#include "runtime/core/check/live.hpp"

#include <functional>
#include <memory>

namespace aops::actors {

/// Fills the windows that look back far, portion by portion, while rounds are judged and stored for
/// all other rules. Knows no actor.
class far_windows {
public:
  struct links {
    history_source& source;
    check::host_checker& checker;
    /// Rounds up to here can be read from the source.
    std::function<int64_t()> readable_ms;
    /// Those that were judged and cannot be read yet.
    std::function<std::vector<check::round>()> unreadable;
    /// Has `on_due` called some time later.
    std::function<void(std::chrono::milliseconds)> wake_after;
    /// All windows are full, and these items are judged from the next round on.
    std::function<void(std::vector<std::string> items)> loaded;
  };

  explicit far_windows(links to)
      : to_(std::move(to)), patience_(std::hash<std::string>{}(to_.checker.host_id())) {}

  /// Windows wait for so much time before the cursor. What is under way begins anew.
  void load(int64_t history_ms);
  void on_due();

private:
  void read_on();
  void finish();

  links to_;
  uint64_t version_ = 0; ///< Of `load`: what was read for another does not count.
  bool is_loading_ = false;
  bool is_resting_ = false; ///< After an error.
  int64_t next_ms_ = 0;     ///< Read up to here.
  patience patience_;
};

} // namespace aops::actors
