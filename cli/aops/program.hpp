#pragma once

#include "cli/aops/console.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Runs one command line and returns the exit code of `exit_code`.
/// @param name What the program was called as (`aops`, `adoctor`); appears in help.
int run_program(console& io, const std::string& name, const std::vector<std::string>& words);

} // namespace aops::cli
