#pragma once

#include "messages/sample.hpp"
#include "runtime/core/expr/series.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace aops::check {

/// Windows up to this length are filled before the next round is judged: three reads of an hour.
/// Longer ones are filled in the background, and their rules wait for it.
inline constexpr int64_t quick_history_ms = int64_t{3} * 3600 * 1000;

/// Which windows.
enum class reach : uint8_t { quick, far };

/// The windows of one host: for each series and each horizon that some rule has, the points a rule
/// with that horizon may see. Rules share a window when both agree; a longer window would show old
/// points to a rule that must not depend on them (`#N` over a gap). Windows of one series share
/// their points.
class window_store {
public:
  /// The window of a series for a horizon; counts its users. A new one begins with what a longer
  /// window of the same series holds, else it waits for `load`. The reference stays good until `drop`.
  /// @param waits False: nothing of its past is wanted.
  const expr::series& use(uint32_t slot, int64_t horizon_ms, bool waits = true);
  /// Undoes one `use`.
  void drop(uint32_t slot, int64_t horizon_ms);
  /// To be called when a series of changes by `use` and `drop` is complete.
  void settle();

  /// Forgets what no rule may see at `t_ms`. Comes before the samples of that time.
  void trim(int64_t t_ms);
  /// A sample of any series; of several at one time the first counts. Far windows that wait for
  /// history take it from there.
  void append(uint32_t slot, int64_t t_ms, number value) {
    for (auto& w : windows_of(slot)) // Most series that are kept have none.
      append_to(*w, t_ms, value);
  }

  /// The longest horizon of windows that wait for history; 0 when there are none.
  int64_t missing_history_ms(reach which) const;
  /// A sample of the past for the windows that wait; in time order per series.
  void load(reach which, uint32_t slot, int64_t t_ms, number value);
  /// Ends the loading.
  void loaded(reach which);
  /// Whether this window in use is a far one that waits for history.
  bool waits_far(uint32_t slot, int64_t horizon_ms) const;

  size_t memory_bytes() const;

private:
  struct window {
    expr::series points;
    int64_t horizon_ms = 0;
    uint32_t slot = 0;
    uint32_t users : 31 = 0;
    uint32_t waits : 1 = 1;
    std::pair<uint32_t, int64_t> place() const { return {slot, horizon_ms}; }
    bool waits_for(reach which) const {
      return waits && (horizon_ms > quick_history_ms) == (which == reach::far);
    }
  };
  using window_ptr = std::unique_ptr<window>; ///< Judges have its address.
  using window_list = std::vector<window_ptr>;

  std::span<const window_ptr> windows_of(uint32_t slot) {
    if (!is_indexed_)
      index();
    if (size_t{slot} + 1 >= first_of_slot_.size())
      return {};
    uint32_t first = first_of_slot_[slot];
    return {windows_.data() + first, first_of_slot_[slot + 1] - first};
  }
  static void append_to(window& w, int64_t t_ms, number value);
  window_list::const_iterator place_of(uint32_t slot, int64_t horizon_ms) const;
  window* find(uint32_t slot, int64_t horizon_ms) const;
  void share(window& w);
  void index();

  window_list windows_;                 ///< By slot and horizon.
  std::vector<uint32_t> first_of_slot_; ///< Into `windows_`; one entry more than slots.
  bool is_indexed_ = true;              ///< `first_of_slot_` is right.
};

} // namespace aops::check
