#pragma once

#include "cli/aops/json.hpp"
#include "cli/aops/watch.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Parts of at most `most` ids, in order.
std::vector<std::vector<std::string>> split_into(const std::vector<std::string>& ids, size_t most);

/// What came out of many tasks: how many of them ended well, reports by verdict, the most frequent
/// root causes.
/// @param rows Of reports, with `verdict` and `root_cause` (causes separated by commas).
json summary_of(const std::vector<watched_task>& tasks, const json& rows);

/// The summary in a few lines.
std::string summary_text(const json& summary);

} // namespace aops::cli
