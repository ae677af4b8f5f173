#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace aops::base {

/// RFC 4648, with padding, without line ends.
std::string to_base64(std::string_view bytes);

/// ec::bad_request when the text is none; blanks and line ends are no part of one.
expected<std::string> from_base64(std::string_view text);

} // namespace aops::base
