#pragma once

#include <chrono>
#include <netdb.h>

namespace aops::actors {

/// Connects by TCP and closes again. Blocks.
/// @returns 0, or the `errno` of why not; `ETIMEDOUT` when nothing answers in time.
int connect_attempt(const addrinfo& to, std::chrono::milliseconds patience);

} // namespace aops::actors
