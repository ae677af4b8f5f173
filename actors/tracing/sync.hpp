#pragma once

#include "actors/tracing/look.hpp"
#include "runtime/core/task/allowed_commands.hpp"

namespace aops::actors {

/// A file on a host that is to be what is expected.
struct file_place {
  size_t host = 0, item = 0; ///< In the plan.
};

/// What is pushed by one request, and where each of its files belongs.
struct push_part {
  configs_to_push request;
  std::vector<file_place> places;
};

/// Cuts what is to be pushed into requests that are short enough; the files of a host stay in their
/// order.
/// @param known Commands of models that are not among them are left out.
std::vector<push_part> pushes_of(const trace_plan& plan,
                                 const tracing::registry& models,
                                 const configs_to_sync& x,
                                 const task::known_commands& known);

/// What became of the push, by place in the plan.
using pushed_files = std::map<std::pair<size_t, size_t>, pushed_file>;

/// The reply, of what was pushed and what was found afterwards.
configs_synced
reply_of(const trace_plan& plan, const pushed_files& pushed, const look_result& found);

} // namespace aops::actors
