#pragma once

#include <chrono>
#include <string_view>
#include <sys/types.h>
#include <vector>

/// Processes of this machine and who made them, as /proc tells.
namespace aops::ansible {

/// All that this process made, and what they made. Complete when it is the reaper of orphans.
std::vector<pid_t> descendants();

/// Processes whose environment has the variable `marker`, `NAME=value`; this one is none of them.
std::vector<pid_t> marked(std::string_view marker);

/// Ends them: asked first, killed after the grace time. @returns How many there were.
size_t end_marked(std::string_view marker, std::chrono::milliseconds grace);

} // namespace aops::ansible
