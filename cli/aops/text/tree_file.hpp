#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

namespace aops::cli {

/// The fault trees of a file as `/diag/tree/import` wants them: JSON or YAML (`parse_document`)
/// `{"trees": [...]}`, or the bare content of one tree, then named by `given_name`, else by its
/// root node, else by the file; or a mind map (docs/reference/diagnosis.md#mind-maps), the sheet
/// `diag` of a workbook, whatever the file is called, or that sheet as CSV when the name ends in
/// `.csv`. Every tree gets a description. `ec::bad_request` names the file, of a mind map row and
/// column too.
expected<json> read_trees(const std::string& name,
                          std::string_view text,
                          const std::string& given_name,
                          const std::string& description);

} // namespace aops::cli
