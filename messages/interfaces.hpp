#pragma once

#include "messages/supervision.hpp"
#include "messages/types/common.hpp"
#include "messages/types/supervision.hpp"

#include <caf/actor.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

/// Narrow roles: ask for the smallest one that serves. A wide handle converts to a narrow one.
namespace aops {

/// Answers `ping` once it can do its work.
using ready_actor = caf::typed_actor<caf::reacts_to<atom::ping>>;

/// Shows its part of the live tree.
using tree_actor = caf::typed_actor<caf::replies_to<get_tree>::with<tree_status>>;

/// A SUPERVISOR as others see it. Children are started through `actors/supervisor`.
using children_actor = caf::typed_actor<
  // The handle of a child now; it changes with each restart.
  caf::replies_to<resolve_child>::with<caf::actor>,
  // Ends a child for good; answered when it is down.
  caf::reacts_to<stop_child>>::extend_with<tree_actor>::extend_with<ready_actor>;

} // namespace aops
