#pragma once

#include <cstddef>

namespace aops::base {

/// In bytes.
struct heap_figures {
  size_t used = 0;     ///< What the allocator has given out; 0 when it does not say.
  size_t resident = 0; ///< Memory of this process alone that is not from files: what is used,
                       ///< stacks, and what is free but kept for later.
};

heap_figures heap();

/// Whether so much is kept that it would be waste: more than this many bytes, and more than a fifth
/// of what is used. A heap at work always has some.
inline constexpr size_t usual_slack_bytes = size_t{8} << 20;
bool has_slack(const heap_figures& x);

/// Gives free memory back to the machine when there is slack; what a burst of work took would else
/// stay with the process for ever. Takes some milliseconds per 100 MB, and holds up allocations of
/// other threads meanwhile. Any thread. @return Whether it did.
bool give_back_memory();

/// Has the allocator keep one arena for each processor, and two at least, instead of eight: each
/// keeps free memory of its own. To be called before threads begin.
void share_arenas();

/// From now on no core file is written of this process, whatever a unit or a shell allows, and only
/// root may read its memory or trace it: it holds keys and passwords. Programs that it starts write
/// none either, but may be traced.
void keep_memory_private();

} // namespace aops::base
