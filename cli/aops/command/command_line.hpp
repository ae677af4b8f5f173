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

/// Replaces unambiguous prefixes of option names (`--host_n`), dashes for underscores and the
/// contract's misspellings by the full names. `args[0]` is the verb. An ambiguous prefix is
/// `ec::bad_request`.
expected<std::vector<std::string>> expand_abbreviations(std::vector<std::string> args,
                                                        const std::vector<option>& options);

/// Reads the words after the program's name.
/// @returns `ec::bad_request` with a line for the user when they are no valid command.
expected<command> parse_command_line(const std::string& program,
                                     const verb_list& verbs,
                                     const std::vector<std::string>& words);

} // namespace aops::cli
