#pragma once

#include "actors/jobs/job_intake.hpp"
#include "messages/roles/alertmanager.hpp"

#include <set>

namespace aops::actors {

/// ALERTS as they come in, and what was found out about them.
using full_alert_intake_actor =
  // INTERNAL: looks which diagnoses have ended.
  caf::typed_actor<caf::reacts_to<atom::tick>>::extend_with<alert_intake_actor>;

struct alert_intake_state {
  explicit alert_intake_state() = default;
  static inline const char* name = alert_intake_name.data();
  job_services_ptr services;
  bool is_asking = false;
  int64_t open = 0;           ///< Groups that are being diagnosed, at the last look.
  std::set<std::string> busy; ///< Jobs whose outcome is being put into the outbox.
};

using alert_intake_pointer =
  full_alert_intake_actor::stateful_pointer<checked_state<alert_intake_state>>;

/// Takes groups of alerts in: each becomes one diagnosis, however often it comes and to whichever
/// node. When it has ended, the owner of its slot puts what was found into the outbox, at least
/// once: the group stays noted until then.
full_alert_intake_actor::behavior_type alert_intake(alert_intake_pointer self,
                                                    job_services_ptr services);

} // namespace aops::actors
