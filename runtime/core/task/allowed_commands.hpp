#pragma once

#include "messages/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Commands that may be run on hosts: a file of the operator lists them; who uses them gives
/// arguments. Nothing is ever read by a shell.
namespace aops::task {

struct known_command {
  std::string description;
  std::vector<std::string> argv;           ///< `{name}` stands for an argument.
  std::map<std::string, std::string> args; ///< Regular expression that the whole argument matches.
  bool as_root = true;
  int64_t seconds = 60; ///< It is ended after so long.
};

using known_commands = std::map<std::string, known_command>;

/// Where a file that is to be judged stands; no argument has this name.
inline constexpr std::string_view file_argument = "file";

/// Reads the list: an object of names to {`argv`, `args`, `description`, `as_root`, `timeout`}.
/// ec::bad_request with path and reason.
expected<known_commands> parse_commands(std::string_view text);

/// A command with its arguments, ready to be run.
struct command_line {
  std::vector<std::string> argv;
  bool as_root = true;
  int64_t seconds = 60;
};

/// @param takes_file Whether `{file}` may stand in it; it stays as it is.
/// @returns ec::bad_request: no such command; an argument that is missing, unknown, or does not
/// match; one that would be read as an option.
expected<command_line> command_with(const known_commands& known,
                                    const std::string& id,
                                    const std::map<std::string, std::string>& args,
                                    bool takes_file = false);

} // namespace aops::task
