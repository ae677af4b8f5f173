#pragma once

#include "runtime/core/tracing/document.hpp"

#include <string>
#include <string_view>

/// INTERNAL: how YAML spells values.
namespace aops::tracing {

/// @param quote `'` or `"` as it was spelled before; 0: bare where that means the same.
std::string yaml_scalar(const json& x, char quote = 0);

/// Lines of a value that is an object or a list and not empty, each with its end.
std::string yaml_block(const json& x, const std::string& indent, std::string_view newline);

/// Whether a value has lines of its own.
bool is_yaml_block(const json& x);

} // namespace aops::tracing
