#pragma once

#include "actors/tracing/tracing.hpp"

namespace aops::actors {

/// Takes what a host tells of its own files, those that are traced and no others. What they should
/// be, hosts cannot tell.
caf::result<told_files_taken> take_told(tracing_pointer self, const told_files_to_take& x);

} // namespace aops::actors
