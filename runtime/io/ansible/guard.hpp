#pragma once

#include <cstdint>
#include <string>

/// The guard: a small process between the node and the play, which ends all the play's processes
/// when it is told to, when the time passes until which the node may act, and when the node is gone
/// in whatever way. What it starts is limited, and ended before the node when memory gets short.
/// See docs/tasks.md.
namespace aops::ansible {

/// What `main` is called with to be a guard: `aops-node run-guard FOLDER PROGRAM ARGUMENTS...`.
/// Before any thread starts.
inline constexpr const char* guard_mode = "run-guard";

/// What a guard finds open. It reads orders, one a line: `until MS` (of CLOCK_BOOTTIME), `cancel`;
/// their end means that the node is gone. It writes one line: `exit N`, `signal N`, `cancelled`,
/// `late`.
inline constexpr int guard_orders_fd = 3, guard_news_fd = 4;

/// Milliseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps.
int64_t boot_ms();

/// The environment variable that marks what a run folder's play started on this machine.
std::string folder_marker(const std::string& folder);

/// What each process of a play may have at most: an address space, and a file of its writing.
inline constexpr uint64_t most_play_memory = uint64_t{4} << 30, most_play_file = uint64_t{1} << 30;

/// The guard's whole life. @returns Its exit status.
int run_guard(int argc, char** argv);

} // namespace aops::ansible
