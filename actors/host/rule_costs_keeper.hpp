#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/host/rule_costs.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "messages/roles/rule_cost.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aops::actors {

/// What the actor of rule costs is given.
struct rule_costs_parts {
  std::shared_ptr<directory> names;
  std::shared_ptr<const cluster_map> map;
  std::string node;                         ///< This one.
  std::shared_ptr<const rule_costs> costs;  ///< Of the hosts of this node.
  int64_t since_ms = 0;                     ///< When they began to be counted.
  std::chrono::milliseconds deadline{2500}; ///< For one node.
};

struct rule_costs_keeper_state {
  explicit rule_costs_keeper_state() = default;
  static inline const char* name = "rule-costs";
  rule_costs_parts parts;
};

using rule_costs_pointer =
  rule_costs_actor::stateful_pointer<checked_state<rule_costs_keeper_state>>;

/// Tells what rules cost: on this node to those of other nodes, on all nodes to users.
rule_costs_actor::behavior_type rule_costs_keeper(rule_costs_pointer self, rule_costs_parts parts);

} // namespace aops::actors
