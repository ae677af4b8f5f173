#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace aops::schedule {

struct unit_limits {
  size_t in_flight = 8;       ///< Units asked for and not yet answered, at least 1.
  int64_t attempts = 3;       ///< Per unit, at least 1.
  int64_t back_off_ms = 1000; ///< Before the second attempt; doubles with each further one.
};

/// Which unit of a job is asked for next. Pure; a job actor tells it what happened. Units are
/// numbered 0…count-1.
class unit_queue {
public:
  /// @param done Units whose results are stored already; numbers out of range are ignored.
  unit_queue(int64_t count, const std::vector<int64_t>& done, unit_limits limits);

  /// The next unit to ask for now, if one may be; it is in flight from then on.
  std::optional<int64_t> next(int64_t now_ms);

  /// Its results are stored.
  void stored(int64_t unit);

  /// It was not answered. @returns True when that was the last attempt: the unit stays in flight
  /// until `stored`, for the caller now stores what says so.
  bool failed(int64_t unit, int64_t now_ms);

  /// Its answer could not be stored, which says nothing about the unit: it is asked for again.
  void put_back(int64_t unit, int64_t now_ms);

  /// Attempts so far, the current one included.
  int64_t attempts(int64_t unit) const;

  /// When the earliest unit that waits for its back-off is due; nothing when none waits.
  std::optional<int64_t> next_due_ms() const;

  bool is_finished() const { return stored_ == count_; }
  size_t in_flight() const { return in_flight_; }
  /// Units not stored, ascending.
  std::vector<int64_t> missing() const;

private:
  struct waiting {
    int64_t due_ms, unit;
  };
  enum class state : uint8_t { open, in_flight, stored };

  void wait(int64_t unit, int64_t due_ms);

  int64_t count_;
  unit_limits limits_;
  std::vector<state> states_;
  std::vector<uint8_t> attempts_;
  std::deque<waiting> retries_; ///< By due time.
  int64_t cursor_ = 0;          ///< First unit that may never have been asked for.
  int64_t stored_ = 0;
  size_t in_flight_ = 0;
};

} // namespace aops::schedule
