#pragma once

#include "actors/plugin/plugin_pool.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::actors {

/// A series of a rule that a program shall judge.
struct outside_question {
  std::string key;
  label_set labels;
  std::vector<plugin::timed_value> past;  ///< To learn from, when `is_new`.
  std::vector<plugin::timed_value> fresh; ///< To be judged.
  bool is_new = false;                    ///< The program does not know the series.
};

struct outside_errand {
  std::string plugin, host_id, check_item, metric;
  std::map<std::string, std::string> parameters;
  int64_t period_ms = 0;
  std::vector<outside_question> series;
  /// Of each line.
  std::chrono::milliseconds patience{0};
};

/// Samples in one line at most.
inline constexpr size_t most_line_samples = 20'000;

/// Has a program learn, then judge, line after line; `then` gets all of it, or the first error,
/// once, from any thread. @param pool Null: there is no such plug-in. It outlives the call; when it
/// ends, what is under way fails.
void run_errand(const plugin_pool* pool, outside_errand errand, plugin_pool::judged then);

} // namespace aops::actors
