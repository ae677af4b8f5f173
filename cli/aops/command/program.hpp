#pragma once

#include "cli/aops/command/verb.hpp"
#include "cli/aops/term/console.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Runs one command line and returns the exit code of `exit_code`.
/// @param name What the program was called as (`aops`, `adoctor`); appears in help.
/// @param verbs All it can do.
int run_program(console& io,
                const std::string& name,
                const verb_list& verbs,
                const std::vector<std::string>& words);

} // namespace aops::cli
