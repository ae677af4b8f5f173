#pragma once

#include "messages/alerts.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/alerts.hpp"

namespace aops {

/// ALERT STORE: what is not well now.
using alert_store_actor = caf::typed_actor<
  // A page of what is not well.
  asks<alerts_query, alerts_page>,
  // Hosts by state, what is not well by severity, hosts that do not answer.
  asks<status_query, status_counts>,
  // The same for slots, whoever owns their hosts; and what has yet to be told.
  answers<status_of_slots, slots_status>,
  // When rules of hosts were alerts. ec::overloaded when there are more than may be read.
  answers<alert_history_query, alert_history>,
  caf::reacts_to<atom::ping>>;

/// NOTIFIER: tells the receivers of this node's configuration what becomes of the alerts of its
/// slots.
using notifier_actor = caf::typed_actor<
  // The receivers and how they fare.
  asks<receivers_query, receivers_found>,
  // Sends a sample now; answered with what the receiver said. ec::not_found, or why it failed.
  asks<notice_to_test, notice_tested>,
  // INTERNAL: looks what is due.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
