#pragma once

#include "messages/roles/role.hpp"
#include "messages/rule_cost.hpp"
#include "messages/types/rule_cost.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view rule_costs_name = "hosts/costs";
}

/// RULE COSTS: what judging takes of the processors.
using rule_costs_actor = caf::typed_actor<
  // What the caller's rules take on all nodes; one that does not tell in time is named.
  asks<rule_costs_query, rule_costs_page>,
  // The same of an owner on this node.
  answers<node_rule_costs_query, node_rule_costs>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
