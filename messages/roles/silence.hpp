#pragma once

#include "messages/roles/role.hpp"
#include "messages/silence.hpp"
#include "messages/types/silence.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view silence_store_name = "store/silences";
} // namespace actors

/// SILENCE STORE: when nobody is told of alerts. A user who sees some groups only works with
/// silences that name nothing but these groups and their hosts.
using silence_store_actor = caf::typed_actor<
  // Adds one. ec::bad_request naming the field, also when there are too many.
  asks<silence_to_add, silence_added>,
  // A page of them.
  asks<silences_query, silences_page>,
  // Ends them now; what they held back is told if it lasts.
  asks<silences_to_end, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
