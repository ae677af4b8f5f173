#pragma once

#include "cli/aops/command/verb.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// A command line that was understood: a verb to run, or a text to show (help, version).
struct command {
  const verb* what = nullptr; ///< One of the list that was given.
  arguments args;
  std::string text;
};

/// Reads the words after the program's name.
/// @returns `ec::bad_request` with a line for the user when they are no valid command.
expected<command> parse_command_line(const std::string& program,
                                     const verb_list& verbs,
                                     const std::vector<std::string>& words);

} // namespace aops::cli
