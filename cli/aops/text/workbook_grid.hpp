#pragma once

#include "cli/aops/text/language.hpp"
#include "messages/error.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Collects the cells of a sheet within the bounds of `read_sheet`.
class sheet_grid {
public:
  static constexpr size_t most_rows = 100'000, most_columns = 1'024, most_cells = 1'000'000;
  static constexpr size_t most_bytes = size_t{64} << 20; ///< Of text: many cells may share one.

  /// Rows and columns count from 0.
  expected<void> set(size_t row, size_t column, std::string text) {
    if (row >= most_rows || column >= most_columns)
      return fail(ec::bad_request,
                  tr("a sheet may have {} rows and {} columns", most_rows, most_columns));
    if (row >= rows.size())
      rows.resize(row + 1);
    bytes_ += text.size();
    if (bytes_ > most_bytes)
      return fail(ec::bad_request, tr("a sheet may have {} MiB of text", most_bytes >> 20));
    auto& cells = rows[row];
    if (column >= cells.size()) {
      held_ += column + 1 - cells.size();
      if (held_ > most_cells)
        return fail(ec::bad_request, tr("a sheet may have {} cells", most_cells));
      cells.resize(column + 1);
    }
    cells[column] = std::move(text);
    return {};
  }

  std::vector<std::vector<std::string>> rows;

private:
  size_t held_ = 0, bytes_ = 0;
};

/// What `read_sheet` says of a sheet that is not there.
error no_sheet(std::string_view wanted, const std::vector<std::string>& there);

/// The sheet of an `.xlsx` file, and of an `.xls` file.
expected<std::vector<std::vector<std::string>>> read_xlsx(std::string_view bytes,
                                                          std::string_view sheet);
expected<std::vector<std::vector<std::string>>> read_xls(std::string_view bytes,
                                                         std::string_view sheet);

} // namespace aops::cli
