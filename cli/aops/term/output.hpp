#pragma once

#include "cli/aops/term/palette.hpp"
#include "cli/aops/text/json.hpp"

namespace aops::cli {

/// How results are shown. `contract`: as docs/reference/rest.md#command-line says.
/// `name` and `csv`: the rows of a list, a line each.
enum class format { contract, table, wide, json, yaml, name, csv };

/// 2-space indent, keys sorted, non-ASCII kept; a line break at the end.
std::string pretty_json(const json& value, const palette& colours);

/// Block style; texts quoted wherever a reader could take them for something else.
std::string to_yaml(const json& value);

} // namespace aops::cli
