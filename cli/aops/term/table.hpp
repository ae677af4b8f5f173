#pragma once

#include "cli/aops/text/json.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::cli {

/// Titles and rows of printable text.
struct table {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;
};

/// Framed by `+-|`, numbers to the right. Columns follow the width of the characters, not their
/// bytes.
/// @param widest Longer cells are cut to so many columns; 0 = never.
/// @param paint Colours a cell that has its width already; the row and the column count from 0.
using painter = std::function<std::string(size_t row, size_t column, std::string padded)>;
std::string render(const table& what, size_t widest = 0, const painter& paint = {});

/// One row per object; a cell shows texts as they are, lists with commas, times (`start`, `end`,
/// `time`) local.
/// @param preferred The order of columns; only those that some row has. `*` at the end: all others
/// follow.
table table_of(const json& rows, const std::vector<std::string>& preferred);

/// What one value looks like in a table or a sentence.
std::string cell_text(const json& value);

} // namespace aops::cli
