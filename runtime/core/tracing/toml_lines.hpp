#pragma once

#include "runtime/core/tracing/flow_tree.hpp"

#include <string>
#include <vector>

/// INTERNAL: where headers, keys and values of a TOML text stand. What is legal says the library.
namespace aops::tracing {

struct toml_step {
  std::string name;
  bool is_index = false;
  size_t index = 0;
};

using toml_path = std::vector<toml_step>;

struct toml_line {
  enum class what : uint8_t { header, pair };
  what kind = what::pair;
  size_t begin = 0, end = 0; ///< Whole lines.
  size_t last_part = 0;      ///< Of a pair: where the last part of its key begins.
  toml_path path;            ///< From the root.
  flow_node value;           ///< Of a pair: places only. A table within is a scalar.
};

/// ec::bad_request with the line for what is not understood.
expected<std::vector<toml_line>> read_toml_lines(std::string_view text);

/// Where the text that begins at a quote ends; the next line when it is not closed.
size_t toml_string_end(std::string_view text, size_t begin);

} // namespace aops::tracing
