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

/// What is wrong with a line of a file.
error csv_error(const std::string& file, size_t line, std::string_view why);

/// A file whose first record names its columns, trimmed; the others have as many cells.
struct csv_table {
  csv_record header;
  std::vector<csv_record> rows;
};

/// `ec::bad_request` names file and line: what `parse_csv` refuses, no header, a row that is longer
/// or shorter than it.
expected<csv_table> read_csv(const std::string& file, std::string_view text);

/// `ec::bad_request` names file and line: a column that is not among `known`, stands twice, or is
/// `needed` and missing.
expected<void> check_header(const std::string& file,
                            const csv_record& header,
                            const std::vector<std::string_view>& known,
                            const std::vector<std::string_view>& needed);

/// A cell as RFC 4180 has it: quoted where it has to be.
std::string csv_cell(std::string_view text);

} // namespace aops::cli
