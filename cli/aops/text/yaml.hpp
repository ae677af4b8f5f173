#pragma once

#include "cli/aops/text/json.hpp"

#include <string>
#include <string_view>

namespace aops::cli {

/// One YAML document as JSON: the core schema of YAML 1.2 (`yes` is a text, `012` is 12), texts in
/// quotes are texts. Keys are texts and stand once. What aliases repeat counts each time: at most
/// 1,000,000 values, 200 levels, 64 MiB of texts. `ec::bad_request` names the line.
expected<json> parse_yaml(std::string_view text);

/// A file that users write: YAML when the name ends in `.yaml` or `.yml`, JSON when it ends in
/// `.json`; with another name, such as `-`, whichever it is. `ec::bad_request` names file and line.
expected<json> parse_document(const std::string& name, std::string_view text);

} // namespace aops::cli
