#pragma once

#include "cli/aops/command/verb.hpp"

namespace aops::tests {

/// `aops greet`
cli::verb greet_verb();

} // namespace aops::tests
