#pragma once

#include "messages/sample.hpp"

#include <optional>
#include <string_view>

namespace aops::base {

/// Reads the text of a sample: an int64 where the text is a 64-bit integer, else an IEEE double.
/// Blanks around it, a sign, leading zeros, an exponent, `Inf`, `Infinity` and `NaN` (any case) are
/// allowed; a magnitude beyond a double is an infinity, one below its smallest is zero. Nothing for
/// any other text. Allocates nothing and knows no locale. See
/// docs/reference/condition-language.md#values.
std::optional<number> read_number(std::string_view text);

} // namespace aops::base
