#pragma once

#include <cstddef>
#include <string_view>

namespace aops::fault {

/// Without the white space (Unicode's) at both ends.
std::string_view trim(std::string_view text);

/// Whether a text holds `&&`, `||`, `!`, `(` or `)`: such a name could not stand in a condition.
bool has_operator(std::string_view text);

/// Number of characters (code points) in a UTF-8 text.
size_t character_count(std::string_view text);

} // namespace aops::fault
