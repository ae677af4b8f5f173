#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/text/workbook.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Any bytes are read as a workbook, and as the mind map in it, or refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)aops::cli::read_sheet(bytes, "diag");
  (void)aops::cli::read_trees("map.csv", bytes, {}, {});
  return 0;
}
