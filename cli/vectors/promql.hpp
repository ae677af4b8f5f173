#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aops::vectors {

/// One `eval` of a script that did not pass, or a command that does not read.
struct promql_note {
  size_t line = 0;
  bool skipped = false; ///< It needs a part of the language that is left out; else it failed.
  std::string query, reason;
};

struct promql_outcome {
  size_t passed = 0, failed = 0, skipped = 0;
  std::vector<promql_note> notes; ///< Of each that failed or was skipped.
};

/// Runs a test script of PromQL. A command that does not read counts as failed.
promql_outcome run_promql_script(std::string_view script);

} // namespace aops::vectors
