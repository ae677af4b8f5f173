#pragma once

#include <cstdint>
#include <mutex>

namespace aops::base {

/// Where a clock gets its ticks. The product uses `system_time()`, tests a `turned_time`.
class time_source {
public:
  virtual ~time_source() = default;
  virtual int64_t steady_ms() const = 0; ///< Never goes backwards; its zero means nothing.
  virtual int64_t wall_ms() const = 0;   ///< UTC as this machine believes it.
};

/// The machine's clocks.
const time_source& system_time();

/// Time that passes by hand.
class turned_time : public time_source {
public:
  explicit turned_time(int64_t start_ms = 1'700'000'000'000) : now_ms_(start_ms) {}
  int64_t steady_ms() const override;
  int64_t wall_ms() const override;
  void pass(int64_t ms);     ///< Both clocks move on.
  void set_wall(int64_t ms); ///< Somebody sets the machine's clock; the steady one does not notice.

private:
  mutable std::mutex mutex_;
  int64_t now_ms_;
  int64_t wall_offset_ms_ = 0;
};

/// The one time of the product: a monotonic clock plus an offset to a reference, the database's
/// clock (SQLite: the wall clock). Never goes backwards. May be used from any thread.
class clock {
public:
  /// Starts at the wall clock's time.
  explicit clock(const time_source& source = system_time());

  /// Milliseconds UTC.
  int64_t now_ms() const;

  /// Takes the reference over, ahead or behind: while nobody has been shown a time yet, none can
  /// go backwards. @returns false: somebody has; then it is as `follow`.
  bool start_at(int64_t reference_ms);

  /// Says what the reference shows now. The first call takes it over when it is ahead. Later
  /// differences are slewed: time runs at most 10 % faster or slower until they are gone (50 %
  /// slower when more than a minute ahead of the reference); only a reference more than a minute
  /// ahead is jumped to, such as after the machine slept.
  /// @returns How far the reference was ahead of this clock, in ms.
  int64_t follow(int64_t reference_ms);

  /// `follow` the machine's own clock.
  int64_t follow_wall();

private:
  int64_t advance() const;                ///< Brings `now_` up to date.
  int64_t approach(int64_t reference_ms); ///< `follow`, under the lock.

  const time_source& source_;
  mutable std::mutex mutex_;
  mutable int64_t steady_;         ///< When `now_` was computed.
  mutable double now_;             ///< Fractions of a millisecond keep slow slewing exact.
  mutable double behind_ = 0;      ///< What slewing still has to add.
  mutable bool was_shown_ = false; ///< Somebody has been told a time.
  bool has_reference_ = false;
};

} // namespace aops::base
