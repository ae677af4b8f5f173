#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"

#include <string>
#include <vector>

namespace aops::fault {

/// A fault tree from the rows of the sheet `diag` that a mind-map tool exports. Conditions are
/// taken as they stand; `tree::parse` checks them. See
/// docs/reference/diagnosis.md#mind-maps.
/// @param rows Cells as text, "" when empty; rows may differ in length.
/// @return ec::bad_request with row, column and the broken drawing rule.
expected<nlohmann::ordered_json> from_rows(const std::vector<std::vector<std::string>>& rows);

} // namespace aops::fault
