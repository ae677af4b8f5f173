#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aops::task {

/// A line of two texts that are compared.
struct line_edit {
  char what; ///< ` ` in both, `-` in the first only, `+` in the second only.
  std::string_view line;
};

/// All lines of both texts, which they refer to: the shortest way up to 2,000 changed lines, else
/// one that is fair.
std::vector<line_edit> line_edits(std::string_view from, std::string_view to);

/// What differs between two texts, line by line, as `diff -u` shows it; empty when nothing does.
/// The shortest difference up to 2,000 changed lines, else one that is fair.
std::string line_diff(std::string_view from,
                      std::string_view to,
                      std::string_view from_name,
                      std::string_view to_name);

} // namespace aops::task
