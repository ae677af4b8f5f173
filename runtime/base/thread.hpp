#pragma once

#include "messages/error.hpp"

#include <functional>
#include <thread>

namespace aops::base {

/// Starts a thread that no signal reaches: these are for the main thread.
/// @param name What it is called in lists of threads: at most 15 bytes.
/// @return ec::internal with the name when the system has no thread left.
expected<std::thread> start_thread(const char* name, std::function<void()> work);

} // namespace aops::base
