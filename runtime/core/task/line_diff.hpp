#pragma once

#include <string>
#include <string_view>

namespace aops::task {

/// What differs between two texts, line by line, as `diff -u` shows it; empty when nothing does.
/// The shortest difference up to 2,000 changed lines, else one that is fair.
std::string line_diff(std::string_view from,
                      std::string_view to,
                      std::string_view from_name,
                      std::string_view to_name);

} // namespace aops::task
