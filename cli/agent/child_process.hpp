#pragma once

#include "messages/error.hpp"
#include "runtime/base/descriptor.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace aops::agent {

/// A program that was started: in a process group of its own, without this program's capabilities
/// and environment, ended with this program.
struct child_process {
  pid_t pid = 0;
  base::descriptor output; ///< What it prints; does not block.
};

/// @param command Program and parameters; there is no shell.
/// ec::not_found when the program is not there or may not be run, ec::internal when the system has
/// no process left.
expected<child_process> start_child(const std::vector<std::string>& command);

} // namespace aops::agent
