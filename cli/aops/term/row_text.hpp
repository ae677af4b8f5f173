#pragma once

#include "cli/aops/text/json.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Rows as comma separated values (RFC 4180) with a head line, each line ended by a line feed.
/// Times
/// (`is_time_column`) are UTC as ISO 8601, elements of a list stand between semicolons, objects are
/// JSON.
/// @param columns As of `table_of`.
std::string csv_of(const json& rows, const std::vector<std::string>& columns);

} // namespace aops::cli
