#pragma once

#include "messages/error.hpp"
#include "runtime/base/descriptor.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace aops::line_programs {

struct spawned {
  using descriptor = base::descriptor;
  pid_t pid = 0;                  ///< Leads a process group of its own.
  descriptor life = descriptor(); ///< Readable once it has ended.
  descriptor input = descriptor(), output = descriptor(), errors = descriptor(); ///< Do not block.
};

struct spawn_limits {
  int64_t memory_bytes = 0, cpu_seconds = 0; ///< 0: none.
  int nice = 0;
};

/// Starts a program without a shell, without this process' environment but PATH and the language.
/// It is killed when the calling thread ends.
/// ec::not_found when it is not there or may not be run, ec::internal when the system has no
/// process or descriptor left.
expected<spawned> spawn(const std::vector<std::string>& command, const spawn_limits& limits);

} // namespace aops::line_programs
