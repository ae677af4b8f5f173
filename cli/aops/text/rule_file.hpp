#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

namespace aops::cli {

/// The rules of a file: JSON or YAML (`parse_document`) `{"check_items": [...]}`, a bare list, or
/// one bare rule; CSV when the name ends in `.csv` (columns check_item, data_list as JSON,
/// condition; as wanted those of docs/cli.md, of which an empty cell says nothing; names of
/// host_group_list are separated by `;`, or JSON). Returns the list. See
/// docs/reference/checks.md#importing-rules; docs/cli.md shows both.
/// `ec::bad_request` names file and line.
expected<json> read_rules(const std::string& name, std::string_view text);

/// A rule as the node shows it with the cells by which `read_rules` reads the same rule from CSV.
json csv_row_of(json rule);

} // namespace aops::cli
