#pragma once

#include "messages/check.hpp"
#include "messages/roles/role.hpp"
#include "messages/rounds.hpp"
#include "messages/series.hpp"
#include "messages/types/check.hpp"
#include "messages/types/rounds.hpp"
#include "messages/types/series.hpp"

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
  // What is stored of the series of these items, whichever of the owner's hosts has them.
  answers<stored_series_query, stored_series_known>,
  caf::reacts_to<atom::ping>>;

namespace actors {
inline constexpr std::string_view rule_intake_name = "hosts/rules";
}

/// RULES as they come in.
using rule_intake_actor = caf::typed_actor<
  // Has the rule store take them, and adds what is odd about those that were stored.
  asks<rules_to_import, rules_imported>,
  caf::reacts_to<atom::ping>>;

/// RESULT STORE: what checks found, as users ask for it.
using result_store_actor = caf::typed_actor<
  // A page of results that overlap a range.
  asks<results_query, results_page>,
  // A page of hosts with how many `Abnormal` results each has.
  asks<result_count_query, result_counts_page>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
