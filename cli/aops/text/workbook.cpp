#include "cli/aops/text/workbook.hpp"

#include "cli/aops/text/text.hpp"
#include "cli/aops/text/workbook_grid.hpp"

namespace aops::cli {

namespace {

constexpr std::string_view zip_magic{"PK\x03\x04", 4};
constexpr std::string_view compound_magic{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8};

} // namespace

error no_sheet(std::string_view wanted, const std::vector<std::string>& there) {
  return {ec::bad_request,
          tr("the workbook has no sheet `{}`; it has: {}", wanted, joined(there, ", "))};
}

bool is_workbook(std::string_view bytes) {
  return bytes.starts_with(zip_magic) || bytes.starts_with(compound_magic);
}

expected<std::vector<std::vector<std::string>>> read_sheet(std::string_view bytes,
                                                           std::string_view sheet) {
  if (bytes.starts_with(zip_magic))
    return read_xlsx(bytes, sheet);
  if (bytes.starts_with(compound_magic))
    return read_xls(bytes, sheet);
  return fail(ec::bad_request, tr("is no workbook (.xls or .xlsx)"));
}

} // namespace aops::cli
