#pragma once

#include "cli/aops/text/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aops::cli {

/// One YAML document as JSON: the core schema of YAML 1.2 (`yes` is a text, `012` is 12), texts in
/// quotes are texts. Keys are texts and stand once. What aliases repeat counts each time: at most
/// 1,000,000 values, 200 levels, 64 MiB of texts. `ec::bad_request` names line and column.
expected<json> parse_yaml(std::string_view text);

/// A place in a text, from 1.
struct text_place {
  size_t line = 1, column = 1;
};

/// Where a value stands in a YAML or JSON text, by its path such as `[0].tasks[2].name`; of one
/// that is missing the nearest above it. Nothing when the text is no such document.
std::optional<text_place> place_of(std::string_view text, std::string_view path);

/// A file that users write: YAML when the name ends in `.yaml` or `.yml`, JSON when it ends in
/// `.json`; with another name, such as `-`, whichever it is. `ec::bad_request` names file and line.
expected<json> parse_document(const std::string& name, std::string_view text);

} // namespace aops::cli
