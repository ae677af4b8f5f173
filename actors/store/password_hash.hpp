#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <string>
#include <string_view>

namespace aops::actors {

/// The text form of a password under a new salt, at the cost that is configured. Takes as long as
/// that says.
expected<std::string> new_password_hash(std::string_view password, const base::config& config);

/// The same for a password that a user may have: ec::change_password says which rule it breaks.
expected<std::string>
judged_hash(std::string_view password, std::string_view username, const base::config& config);

} // namespace aops::actors
