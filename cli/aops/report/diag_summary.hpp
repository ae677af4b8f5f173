#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

namespace aops::cli {

/// What became of tasks.
struct task_totals {
  size_t tasks = 0;
  size_t done = 0;       ///< Ended well.
  uint64_t expected = 0; ///< Reports of all of them.
};

/// What came out of many tasks: how many of them ended well, reports by verdict, the most frequent
/// root causes.
/// @param rows Of reports, with `verdict` and `root_cause` (causes separated by commas).
json summary_of(const task_totals& totals, const json& rows);

/// The summary in a few lines.
std::string summary_text(const json& summary);

} // namespace aops::cli
