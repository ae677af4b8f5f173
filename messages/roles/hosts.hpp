#pragma once

#include "messages/check.hpp"
#include "messages/cluster.hpp"
#include "messages/eval.hpp"
#include "messages/host.hpp"
#include "messages/job.hpp"
#include "messages/roles/region.hpp"
#include "messages/roles/role.hpp"
#include "messages/rounds.hpp"
#include "messages/series.hpp"
#include "messages/types/check.hpp"
#include "messages/types/cluster.hpp"
#include "messages/types/eval.hpp"
#include "messages/types/host.hpp"
#include "messages/types/job.hpp"
#include "messages/types/rounds.hpp"
#include "messages/types/series.hpp"

namespace aops {

/// HOSTS: the hosts this node owns.
using hosts_actor = caf::typed_actor<
  // Starts, tells or ends the actors of these hosts, as far as this node owns them.
  caf::reacts_to<hosts_changed>,
  // Reads the owner's rules again and tells his hosts.
  caf::reacts_to<rules_changed>>::extend_with<region_actor>;

/// What users ask a HOST.
using host_view_actor = caf::typed_actor<
  // The series the host has now, with their last values.
  asks<series_query, series_page>,
  // What the rule would find on the host's stored samples; nothing is stored. ec::bad_request when
  // the rule is illegal.
  asks<rule_to_test, rule_tested>,
  // The same of a condition as it is typed. ec::bad_request when it does not read.
  asks<condition_to_eval, condition_evaluated>,
  // Whether the host has series of these items. ec::bad_request to another owner.
  answers<host_series_query, host_series_known>>;

/// What jobs ask a HOST. Asked again, it does the work again: storing it twice changes nothing.
using host_work_actor = caf::typed_actor<
  // Judges fault trees over slices of time; answered with one report per tree and slice, which the
  // job stores.
  answers<unit_to_diagnose, unit_diagnosed>,
  // Judges rules over a range and stores what they find; answered with how many pairs of host and
  // rule are done.
  answers<unit_to_check, unit_checked>>;

} // namespace aops
