#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// One record and the line of the file it begins at (from 1).
struct csv_record {
  size_t line = 1;
  std::vector<std::string> cells;
};

/// Comma separated values as RFC 4180 has them: quoted cells may hold commas, line breaks and
/// doubled quotes. A byte order mark and empty lines are skipped. `ec::bad_request` with the line
/// for a broken quote.
expected<std::vector<csv_record>> parse_csv(std::string_view text);

/// A cell as RFC 4180 has it: quoted where it has to be.
std::string csv_cell(std::string_view text);

} // namespace aops::cli
