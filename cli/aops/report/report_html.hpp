#pragma once

#include <string>
#include <string_view>

namespace aops::cli {

/// Printable text with `& < > " '` as entities: safe in an element and in a quoted attribute.
std::string html_text(std::string_view text);

} // namespace aops::cli
