#pragma once

#include "actors/support/ask.hpp"
#include "messages/roles/changes.hpp"

namespace aops::actors {

/// Pages that follow these lists hear soon that they have changed. Never waits; called after what
/// changed is stored, so that who looks again sees it.
inline void tell_changed(const directory& names, uint64_t lists) {
  if (lists != 0)
    tell<changes_actor>(names, changes_name, lists_changed{lists});
}

} // namespace aops::actors
