#pragma once

#include "cli/aops/command/session.hpp"
#include "cli/aops/text/time_text.hpp"

#include <string>
#include <vector>

/// What trying a rule or a condition showed.
namespace aops::cli {

/// Which figures of a part are shown, beside its course.
inline const std::vector<std::string> tested_figures = {"min", "max", "last"};
inline const std::vector<std::string> evaluated_figures = {
  "min", "p50", "p95", "p99", "max", "last"};

/// Prints for people what a node answered about `name`: how much was judged, what was found, what
/// the condition compared, and which series the host has when some are missing.
void print_trial(session& s,
                 const std::string& name,
                 const json& reply,
                 const time_range& range,
                 const std::vector<std::string>& figures);

/// What is odd, on standard error.
void note_warnings(session& s, const std::string& name, const json& warnings);

/// 4 when nothing was judged for want of data; with `--exit_code` 10 when the condition held.
int trial_exit_code(const session& s, const json& reply);

/// The worse of two exit codes of trials: what failed, then what had no data, then what was found.
int worse_trial(int a, int b);

} // namespace aops::cli
