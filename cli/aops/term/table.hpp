#pragma once

#include "cli/aops/text/json.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// Titles and rows of printable text.
struct table {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;
};

/// Colours a cell that has its width already; the row and the column count from 0.
using painter = std::function<std::string(size_t row, size_t column, std::string padded)>;

/// Framed by `+-|`, numbers to the right. Columns follow the width of the characters, not their
/// bytes. Nothing is cut.
/// @param width Columns of the terminal; 0: any. What is wider is made to fit: texts go on in the
/// next line, and then times; then `host_id` is left out beside `host_name`, then ids are
/// shortened, both of which is said below; then rows become blocks of lines `title  value`.
std::string render(const table& what, size_t width = 0, const painter& paint = {});

/// One row per object; a cell shows texts as they are, lists with commas, times (`is_time_column`)
/// local; a time of 0 is none.
/// @param preferred The order of columns; only those that some row has. `*` at the end: all others
/// follow.
table table_of(const json& rows, const std::vector<std::string>& preferred);

/// Whether numbers of this name are moments: `start`, `end`, `time`, `first`, `last`, what begins
/// with the last two, and what ends in `since`, `started`, `ended`, `until`, `_at`, `created`,
/// `expires`, `seen`, `collected`. A test finds a moment of the contract that is called otherwise.
bool is_time_column(std::string_view name);

/// What one value looks like in a table or a sentence.
std::string cell_text(const json& value);

} // namespace aops::cli
