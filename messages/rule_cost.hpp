#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What judging takes of the processors, rule by rule.
namespace aops {

/// POST /check/rule/cost/get
struct rule_costs_query {
  std::vector<std::string> check_items;
};
#define AOPS_FIELDS_rule_costs_query(F)                                                            \
  F(check_items, optional_field().items(0, 1000).text(1, 256), "Names; empty: all.")
AOPS_MESSAGE(rule_costs_query)

/// What one rule took, on all hosts of its owner.
struct rule_cost {
  std::string check_item; ///< Empty: all that are too many to be counted one by one.
  int64_t evaluations = 0;
  double seconds = 0, share = 0, mean_us = 0;
};
#define AOPS_FIELDS_rule_cost(F)                                                                   \
  F(check_item, required(), "Rule; empty: those beyond the 500 that a node counts one by one.")    \
  F(evaluations, required(), "How often it was judged: once a host and round.")                    \
  F(seconds, required(), "Processor time.")                                                        \
  F(share, required(), "Of the time of all rules of the caller, 0 to 1.")                          \
  F(mean_us, required(), "Microseconds an evaluation.")
AOPS_MESSAGE(rule_cost)

struct rule_costs_page {
  int64_t code = 200; ///< 206: a node did not tell.
  double seconds = 0;
  maybe<moment> since;
  std::vector<std::string> missing_nodes;
  std::vector<rule_cost> rule_costs;
};
#define AOPS_FIELDS_rule_costs_page(F)                                                             \
  F(code, internal(), "")                                                                          \
  F(seconds, required(), "Processor time of all rules of the caller.")                             \
  F(since,                                                                                         \
    optional_field(),                                                                              \
    "When the node that has counted for the shortest time began: each begins at its start.")       \
  F(missing_nodes, required(), "Ids of nodes that did not tell; their hosts are not counted.")     \
  F(rule_costs, required(), "The dearest first.")
AOPS_MESSAGE(rule_costs_page)

/// To one node: what rules of an owner took on its hosts.
struct node_rule_costs_query {
  std::string owner;
};
AOPS_WIRE(node_rule_costs_query, owner)

struct node_rule_cost {
  std::string check_item;
  int64_t evaluations = 0;
  double seconds = 0;
};
AOPS_WIRE(node_rule_cost, check_item, evaluations, seconds)

struct node_rule_costs {
  int64_t since_ms = 0;
  std::vector<node_rule_cost> costs;
};
AOPS_WIRE(node_rule_costs, since_ms, costs)

} // namespace aops
