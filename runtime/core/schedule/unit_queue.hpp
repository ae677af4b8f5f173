#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace aops::schedule {

struct unit_limits {
  size_t in_flight = 8;       ///< Units of one lane asked for and not yet answered, at least 1.
  int64_t attempts = 3;       ///< Per unit, at least 1.
  int64_t back_off_ms = 1000; ///< Before the second attempt; doubles with each further one.
  size_t per_host = 4;        ///< Of these, units of one host: a silent one leaves room for others.
};

/// Where a unit is asked for: its lane is the node that owns its host.
struct unit_place {
  uint32_t lane = 0, host = 0;
};

/// Which unit of a job is asked for next. Pure; a job actor tells it what happened. Units are
/// numbered 0…count-1.
class unit_queue {
public:
  using place_of = std::function<unit_place(int64_t unit)>;

  /// @param done Units whose results are stored already; numbers out of range are ignored.
  unit_queue(int64_t count, const std::vector<int64_t>& done, unit_limits limits);

  /// The next unit to ask for now, if one may be; it is in flight from then on. One whose lane or
  /// host is full is passed over.
  std::optional<int64_t> next(int64_t now_ms, const place_of& where);
  /// The same with one lane and each unit on a host of its own.
  std::optional<int64_t> next(int64_t now_ms);

  /// Its results are stored.
  void stored(int64_t unit);

  /// It was not answered. @returns True when that was the last attempt: the unit stays in flight
  /// until `stored`, for the caller now stores what says so.
  bool failed(int64_t unit, int64_t now_ms);

  /// Its answer could not be stored, or it could not be asked for, which says nothing about the
  /// unit: it is asked for again, and that was no attempt.
  void put_back(int64_t unit, int64_t now_ms);

  /// Nobody waits for its answer any more: it may be asked for again at once.
  void recall(int64_t unit);

  /// Ends all back-offs.
  void hurry();

  /// Attempts so far, the current one included.
  int64_t attempts(int64_t unit) const;

  /// When the earliest unit that waits for its back-off is due; nothing when none waits.
  std::optional<int64_t> next_due_ms() const;

  bool is_finished() const { return stored_ == count_; }
  size_t in_flight() const { return flying_.size(); }
  /// Units not stored, ascending.
  std::vector<int64_t> missing() const;

private:
  struct waiting {
    int64_t due_ms, unit;
  };
  enum class state : uint8_t { open, in_flight, stored };

  bool has_room(unit_place at) const;
  int64_t send(int64_t unit, unit_place at);
  void land(int64_t unit);
  void wait(int64_t unit, int64_t due_ms);
  bool was_never_asked(int64_t unit) const;

  int64_t count_;
  unit_limits limits_;
  std::vector<state> states_;
  std::vector<uint8_t> attempts_;
  std::vector<bool> is_waiting_; ///< In `retries_`.
  std::deque<waiting> retries_;  ///< By due time.
  int64_t cursor_ = 0;           ///< All units before it have been asked for, or need not be.
  int64_t stored_ = 0;
  std::unordered_map<int64_t, unit_place> flying_; ///< By unit.
  std::unordered_map<uint32_t, size_t> in_lane_, on_host_;
};

} // namespace aops::schedule
