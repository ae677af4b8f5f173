#pragma once

#include "messages/alertmanager.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/alertmanager.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view alert_intake_name = "jobs/alertmanager";
} // namespace actors

/// ALERTS as Alertmanager tells of them.
using alert_intake_actor = caf::typed_actor<
  // Has the hosts of a group diagnosed by the trees bound to its alerts, once; answered once that
  // is stored. A group that nobody can diagnose is answered, too.
  asks<alert_group, alert_group_taken>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
