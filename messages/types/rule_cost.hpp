#pragma once

#include "messages/types/block.hpp"

/// What rules cost. Described in `messages/rule_cost.hpp`.
#define AOPS_TYPES_rule_cost(X)                                                                    \
  X(rule_cost, rule_costs_query)                                                                   \
  X(rule_cost, rule_costs_page)                                                                    \
  X(rule_cost, node_rule_costs_query)                                                              \
  X(rule_cost, node_rule_costs)

AOPS_TYPE_BLOCK(rule_cost, 2000)
