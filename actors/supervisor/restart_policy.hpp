#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

/// When and what a supervisor restarts: pure, no actor, no clock. Times are milliseconds of any
/// monotonic clock.
namespace aops::actors {

/// Who is restarted when one child fails.
enum class strategy : uint8_t {
  one_for_one,  ///< The failed child only.
  rest_for_one, ///< The failed child and those started after it.
  one_for_all,  ///< All children.
};

/// Whether a child that ended is restarted.
enum class restart_kind : uint8_t {
  permanent, ///< Always.
  transient, ///< When it ended abnormally.
  temporary, ///< Never.
};

bool is_restarted(restart_kind kind, bool ended_normally);

/// What the end of a child that is past `restart_limit` means.
enum class give_up : uint8_t {
  /// The supervisor ends, so that its own supervisor decides. One count for all children.
  escalate,
  leave_child ///< The child stays down (`failed`), the others go on. Each child has its own count.
};

/// More than `restarts` restarts within `within_ms` are too many.
struct restart_limit {
  size_t restarts = 5; ///< 0: not one.
  int64_t within_ms = 30'000;
  static constexpr size_t unlimited = SIZE_MAX;
};

/// Counts the restarts of the last `within_ms`.
class restart_window {
public:
  explicit restart_window(restart_limit limit) : limit_(limit) {}

  /// Notes a restart; false when it is one too many.
  bool add(int64_t now_ms);

private:
  restart_limit limit_;
  std::vector<int64_t>
    times_; ///< At most `limit_.restarts`, oldest first. No deque: an empty one is large.
};

/// How long to wait before a restart: grows from `first_ms` by `factor` to `max_ms`.
struct backoff {
  int64_t first_ms = 100;
  int64_t max_ms = 30'000;
  double factor = 2;
  /// Share by which the delay varies to either side, 0 to 1: what failed together must not come
  /// back together.
  double jitter = 0.2;
  /// A child that ran this long begins again at `first_ms`.
  int64_t reset_after_ms = 60'000;
};

/// At most `most` restarts of all children together in `within_ms`: each reads its state, and what
/// failed together must not come back together.
struct restart_pace {
  size_t most = restart_limit::unlimited;
  int64_t within_ms = 100;
};

/// Gives restarts their times by a pace.
class restart_pacer {
public:
  explicit restart_pacer(restart_pace pace) : pace_(pace) {}

  /// The time of a restart that is due at `at_ms`: then, or at a random moment of the first span
  /// after it that has room. @param random In [0, 1).
  int64_t admit(int64_t now_ms, int64_t at_ms, double random);

private:
  restart_pace pace_;
  std::map<int64_t, size_t> spans_; ///< Number of a span to its restarts; those to come only.
};

/// Random numbers that depend on the seed alone, the same on every machine.
class jitter_source {
public:
  explicit jitter_source(uint64_t seed) : state_(seed) {}
  double next(); ///< In [0, 1).

private:
  uint64_t state_;
};

/// @param failures Consecutive failures, from 1.
/// @param random In [0, 1): 0.5 means no jitter.
int64_t restart_delay_ms(const backoff& b, size_t failures, double random);

/// Positions in order of start.
struct child_range {
  size_t first = 0;
  size_t last = 0; ///< One past.
  friend bool operator==(const child_range&, const child_range&) = default;
};

/// Which children restart when number `failed` of `count` fails.
child_range restarted_with(strategy how, size_t failed, size_t count);

/// State of a child in the live tree.
enum class child_state : uint8_t { starting, running, backing_off, stopping, stopped, failed };

std::string_view to_string(child_state s);

} // namespace aops::actors
