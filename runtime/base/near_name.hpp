#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::base {

/// How many letters have to be put in, left out, changed or swapped with their neighbour to make
/// one word of the other; `most` + 1 when it is more. Upper and lower case are alike.
size_t word_distance(std::string_view a, std::string_view b, size_t most);

/// Of the known names those that somebody who wrote `word` may have meant: the nearest first, then
/// in their order; names that are too different are left out.
std::vector<std::string_view>
near_names(std::string_view word, std::span<const std::string_view> known, size_t most = 3);

/// `, did you mean 'children'?`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

} // namespace aops::base
