#pragma once

#include <functional>
#include <optional>
#include <string>

namespace aops::cli {

/// Variables of the process; a test hands in its own.
using environment = std::function<std::optional<std::string>(const char* name)>;

} // namespace aops::cli
