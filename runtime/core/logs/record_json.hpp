#pragma once

#include "runtime/base/json_codec.hpp"

#include <string>

/// How values of JSON become texts of lines.
namespace aops::logs {

/// A text as it is, everything else as JSON.
/// @param most Bytes that are of use; a longer text is cut somewhere after them.
inline std::string text_of_value(const base::json& value, size_t most) {
  constexpr size_t for_the_mark = 4; // So that whoever cuts to `most` sees that it was longer.
  if (value.is_string())
    return value.get_ref<const std::string&>().substr(0, most + for_the_mark);
  auto text = value.dump(-1, ' ', false, base::json::error_handler_t::replace);
  return text.substr(0, most + for_the_mark);
}

/// A whole number, as such or as text; `otherwise` when it is none or below 0.
int64_t whole_of_value(const base::json& value, int64_t otherwise);

} // namespace aops::logs
