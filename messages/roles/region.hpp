#pragma once

#include "messages/cluster.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/cluster.hpp"

namespace aops {

/// A REGION: what lives on whichever node owns its slot. What the membership asks of each.
using region_actor = caf::typed_actor<
  // Starts what lives in slots that came, ends what lives in slots that went.
  caf::reacts_to<slots_changed>,
  // Ends what lives in these slots in order; answered when nothing of it is at work.
  answers<slots_to_release, done>,
  // What this node has is compared with the store.
  caf::reacts_to<atom::tick>,
  // Answered at once.
  caf::reacts_to<atom::ping>>;

} // namespace aops
