#pragma once

#include "cli/aops/text/json.hpp"
#include "runtime/base/yaml.hpp"

#include <string>
#include <string_view>

namespace aops::cli {

using base::place_of;
using base::text_place;

/// As `base::parse_yaml`, in the language of the reader.
expected<json> parse_yaml(std::string_view text);

/// A file that users write: YAML when the name ends in `.yaml` or `.yml`, JSON when it ends in
/// `.json`; with another name, such as `-`, whichever it is. `ec::bad_request` names file and line.
expected<json> parse_document(const std::string& name, std::string_view text);

} // namespace aops::cli
