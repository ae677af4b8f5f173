#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// Whether the bytes are a workbook of a spreadsheet program: `.xlsx` (a ZIP archive) or `.xls` (a
/// compound file).
bool is_workbook(std::string_view bytes);

/// The cells of a workbook's sheet as text, row by row; numbers as they are written, formulas as
/// their last value. Rows may differ in length, empty ones stand where they stand.
/// `ec::bad_request` when the bytes are no workbook, it has no sheet of that name (the others are
/// told), or the sheet has more than 100,000 rows, 1,024 columns, 1,000,000 cells or
/// 64 MiB of text.
expected<std::vector<std::vector<std::string>>> read_sheet(std::string_view bytes,
                                                           std::string_view sheet);

} // namespace aops::cli
