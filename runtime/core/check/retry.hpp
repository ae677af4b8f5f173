#pragma once

#include "runtime/core/check/results.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace aops::check {

/// What is asked again.
struct retry_key {
  std::string user, host_id, check_item;
  int64_t start_ms = 0, end_ms = 0;
  friend auto operator<=>(const retry_key&, const retry_key&) = default;
};

struct retry_config {
  uint32_t max_retry_num = 3;     ///< Retries per key; 0: none.
  int64_t cool_down_ms = 120'000; ///< Least time between the end of an attempt and the next.
  size_t max_pending = 10'000;    ///< Keys under way; when full the oldest is given up.
  size_t max_dead = 10'000;       ///< Given-up keys remembered.
  double dead_discount = 0.5;     ///< Share dropped when these are too many, oldest first.
};

/// What became of a reported failure.
enum class retry_fate : uint8_t {
  queued,   ///< Will be due after the cool-down.
  pending,  ///< A late duplicate: the key waits already; nothing changed.
  given_up, ///< That was the last attempt; its row stays.
  ignored,  ///< A late duplicate of a key given up before.
};

/// Which ranges without data are asked again, when and how often. For sources where asking again
/// can help. Only whole ranges (`No data`, `Internal error`) are retried: errors of single points
/// are deterministic. See docs/reference/checks.md#asking-again.
class retry_table {
public:
  explicit retry_table(retry_config config = {}) : config_(config) {}

  /// An attempt for the key (the first one, or one that `due` gave out) ended without data.
  retry_fate failed(const retry_key& key, int64_t now_ms);

  /// An attempt succeeded: the key is forgotten, and those of its item whose range lies within, for
  /// what they would find is known now. False when it was not known.
  bool succeeded(const retry_key& key);

  /// Whether it waits or was handed out.
  bool knows(const retry_key& key) const { return entries_.contains(key); }

  /// Keys whose cool-down has passed, longest due first, at most `budget`; each counts as tried and
  /// must be answered by `failed` or `succeeded`.
  std::vector<retry_key> due(int64_t now_ms, size_t budget);

  /// An attempt given out by `due` did not happen (no room, shutdown): it does not count.
  void put_back(const retry_key& key, int64_t now_ms);

  /// Forgets every key of a host or of a rule that is gone; empty: any.
  void forget(const std::string& user, const std::string& host_id, const std::string& check_item);

  size_t pending() const { return entries_.size(); } ///< Waiting and handed out.
  size_t dead() const { return dead_.size(); }
  /// Keys given up because the queue was full, since the start.
  uint64_t displaced() const { return displaced_; }

private:
  struct entry {
    uint64_t order = 0;   ///< Of the first failure.
    uint32_t retries = 0; ///< Handed out so far.
    int64_t due_ms = 0;
    bool waiting = true; ///< Else handed out.
  };
  using entries = std::map<retry_key, entry>;

  void wait(entries::iterator e, int64_t due_ms);
  void erase(entries::iterator e);
  void give_up(entries::iterator e);

  retry_config config_;
  entries entries_;
  std::set<std::pair<int64_t, const retry_key*>> by_due_; ///< Waiting ones.
  std::map<uint64_t, entries::iterator> by_age_;
  std::set<retry_key> dead_;
  std::deque<const retry_key*> dead_by_age_; ///< Nodes of `dead_`, which never move.
  uint64_t next_order_ = 0;
  uint64_t displaced_ = 0;
};

/// Works through history from a mark backwards. The mark is durable: keep it with the answers.
class backward_walk {
public:
  /// @param step_ms Length of one range, > 0. @param min_ms Work ends here.
  backward_walk(int64_t mark_ms, int64_t step_ms, int64_t min_ms)
      : mark_ms_(mark_ms), step_ms_(step_ms), min_ms_(min_ms) {}

  /// The next ranges [start, end), newest first, at most `budget`; moves the mark.
  std::vector<time_range> next(size_t budget);
  int64_t mark_ms() const { return mark_ms_; }
  bool done() const { return mark_ms_ - step_ms_ < min_ms_; }

private:
  int64_t mark_ms_, step_ms_, min_ms_;
};

/// What one tick does. Retries and backward work have budgets of their own, so that neither a
/// silent host nor a long history starves the other.
struct tick_work {
  std::vector<retry_key> retries;
  std::vector<time_range> backward;
};
struct tick_budgets {
  size_t retries = 64;
  size_t backward = 16;
};
tick_work
plan_tick(retry_table& retries, backward_walk& history, tick_budgets budgets, int64_t now_ms);

} // namespace aops::check
