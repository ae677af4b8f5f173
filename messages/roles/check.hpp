#pragma once

#include "messages/check.hpp"
#include "messages/roles/role.hpp"
#include "messages/rounds.hpp"
#include "messages/types/check.hpp"
#include "messages/types/rounds.hpp"

namespace aops {

/// RULE STORE: each owner's check rules.
using rule_store_actor = caf::typed_actor<
  // Stores the legal ones of these rules, a known name replaced; answered rule by rule, and
  // `rules_changed` told to all nodes. ec::bad_request when a name appears twice.
  asks<rules_to_import, rules_imported>,
  // A page of the caller's rules.
  asks<rules_query, rules_page>,
  // Deletes rules by name; told to all nodes. Unknown names are ignored.
  asks<rules_to_delete, done>,
  // How many rules the caller has.
  asks<count_rules, rules_counted>,
  // All rules of an owner with their digests, as hosts compile them.
  answers<get_owner_rules, owner_rules>,
  caf::reacts_to<atom::ping>>;

/// RESULT STORE: what checks found, as users ask for it.
using result_store_actor = caf::typed_actor<
  // A page of results that overlap a range.
  asks<results_query, results_page>,
  // A page of hosts with how many `Abnormal` results each has.
  asks<result_count_query, result_counts_page>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
