#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

namespace aops::cli {

/// The rules of a file: JSON or YAML (`parse_document`) `{"check_items": [...]}`, a bare list, or
/// one bare rule; CSV when the name ends in `.csv` (columns check_item, data_list as JSON,
/// condition, description, plugin; also severity and host_group_list, whose names are separated by
/// `;`). Returns the list. See docs/reference/checks.md#importing-rules; docs/cli.md shows both.
/// `ec::bad_request` names file and line.
expected<json> read_rules(const std::string& name, std::string_view text);

} // namespace aops::cli
