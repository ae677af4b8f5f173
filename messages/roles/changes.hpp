#pragma once

#include "messages/changes.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/changes.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view changes_name = "changes";
} // namespace actors

/// CHANGES: hears which lists are no longer what they were, and has the pages told that follow
/// them.
using changes_actor = caf::typed_actor<
  // This node changed some: gathered, and told to all nodes.
  caf::reacts_to<lists_changed>,
  // Some node did: shows it to its streams.
  caf::reacts_to<lists_to_show>,
  // INTERNAL: what was gathered is due.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
