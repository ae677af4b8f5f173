#pragma once

#include "cli/aops/command/verb.hpp"

#include <string>

namespace aops::cli {

/// The completion script for fish.
std::string fish_script(const verb_list& verbs);

} // namespace aops::cli
