#include "cli/aops/text/workbook_grid.hpp"
#include "cli/aops/text/workbook_process.hpp"
#include "runtime/base/descriptor.hpp"

#include <freexl.h>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

namespace aops::cli {

namespace {

struct close_workbook {
  void operator()(const void* x) const { freexl_close(x); }
};
using workbook_ptr = std::unique_ptr<const void, close_workbook>;

tl::unexpected<error> damaged() { return tl::unexpected<error>(damaged_workbook()); }

/// The library reads files only: the bytes become one that has no name.
expected<workbook_ptr> open_workbook(std::string_view bytes) {
  base::descriptor file{::memfd_create("workbook", MFD_CLOEXEC)};
  if (file.get() < 0)
    return damaged();
  for (auto rest = bytes; !rest.empty();) {
    auto n = ::write(file.get(), rest.data(), rest.size());
    if (n <= 0)
      return damaged();
    rest.remove_prefix(static_cast<size_t>(n));
  }
  const void* handle = nullptr;
  auto path = fmt::format("/proc/self/fd/{}", file.get());
  auto status = freexl_open(path.c_str(), &handle);
  workbook_ptr workbook{handle};
  if (status != FREEXL_OK)
    return damaged();
  return workbook;
}

std::string text_of(const FreeXL_CellValue& cell) {
  switch (cell.type) {
  case FREEXL_CELL_TEXT:
  case FREEXL_CELL_SST_TEXT:
  case FREEXL_CELL_DATE:
  case FREEXL_CELL_DATETIME:
  case FREEXL_CELL_TIME:
    return cell.value.text_value ? cell.value.text_value : "";
  case FREEXL_CELL_INT:
    return fmt::format("{}", cell.value.int_value);
  case FREEXL_CELL_DOUBLE:
    return fmt::format("{}", cell.value.double_value);
  default:
    return {};
  }
}

expected<sheet_cells> read_here(std::string_view bytes, std::string_view sheet) {
  auto workbook = open_workbook(bytes);
  if (!workbook)
    return fail(workbook.error());
  const void* book = workbook->get();
  unsigned int sheets = 0;
  if (freexl_get_info(book, FREEXL_BIFF_SHEET_COUNT, &sheets) != FREEXL_OK)
    return damaged();
  std::vector<std::string> there;
  bool is_found = false;
  for (unsigned int i = 0; i < sheets && i <= UINT16_MAX && !is_found; ++i) {
    const char* name = nullptr;
    auto at = static_cast<unsigned short>(i);
    if (freexl_get_worksheet_name(book, at, &name) != FREEXL_OK || !name)
      return damaged();
    there.emplace_back(name);
    is_found = name == sheet;
    if (is_found && freexl_select_active_worksheet(book, at) != FREEXL_OK)
      return damaged();
  }
  if (!is_found)
    return tl::unexpected<error>(no_sheet(sheet, there));
  unsigned int rows = 0;
  unsigned short columns = 0;
  if (freexl_worksheet_dimensions(book, &rows, &columns) != FREEXL_OK)
    return damaged();
  sheet_grid grid;
  for (unsigned int row = 0; row < rows; ++row)
    for (unsigned short column = 0; column < columns; ++column) {
      FreeXL_CellValue cell{};
      if (freexl_get_cell_value(book, row, column, &cell) != FREEXL_OK)
        return damaged();
      if (auto done = grid.set(row, column, text_of(cell)); !done)
        return fail(done.error());
    }
  return std::move(grid.rows);
}

} // namespace

expected<std::vector<std::vector<std::string>>> read_xls(std::string_view bytes,
                                                         std::string_view sheet) {
  // The library believes lengths that stand in the file, and reads beyond its memory.
  return read_apart([&] { return read_here(bytes, sheet); });
}

} // namespace aops::cli
