#pragma once

#include "messages/doctor.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/doctor.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view doctor_name = "doctor";
}

/// DOCTOR: whether machine, store and configuration are fit.
using doctor_actor = caf::typed_actor<
  // What is found on all nodes; one that does not tell in time is named with the reason.
  asks<doctor_query, examined_nodes>,
  // The same of this node. ec::overloaded while an examination is under way.
  answers<node_doctor_query, node_examined>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
