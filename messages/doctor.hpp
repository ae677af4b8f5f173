#pragma once

#include "messages/describe.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// Whether the machines, the store and the configuration are fit for what they are to do.
namespace aops {

/// GET /cluster/doctor
struct doctor_query {};
#define AOPS_FIELDS_doctor_query(F)
AOPS_MESSAGE(doctor_query)

/// One thing that was looked at.
struct examined_item {
  std::string item;   ///< Such as `disk`.
  std::string state;  ///< `OK`, `WARN`, `FAIL`.
  std::string found;  ///< What there is.
  std::string remedy; ///< What to do; empty when all is well.
};
#define AOPS_FIELDS_examined_item(F)                                                               \
  F(item, required(), "What was looked at.")                                                       \
  F(state, required().one_of("OK|WARN|FAIL"), "How it is.")                                        \
  F(found, required(), "What there is.")                                                           \
  F(remedy, required().additive(), "What to do.")
AOPS_MESSAGE(examined_item)

struct examined_node {
  std::string node, error;
  std::vector<examined_item> items;
};
#define AOPS_FIELDS_examined_node(F)                                                               \
  F(node, required(), "Id of the node.")                                                           \
  F(error, required().additive(), "Why it did not tell.")                                          \
  F(items, required(), "What was looked at there; empty when it did not tell.")
AOPS_MESSAGE(examined_node)

struct examined_nodes {
  int64_t code = 200; ///< 206: a node did not tell.
  std::vector<examined_node> nodes;
};
#define AOPS_FIELDS_examined_nodes(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(nodes, required(), "By id.")
AOPS_MESSAGE(examined_nodes)

/// To one node.
struct node_doctor_query {};
#define AOPS_FIELDS_node_doctor_query(F)
AOPS_MESSAGE(node_doctor_query)

struct node_examined {
  std::vector<examined_item> items;
};
AOPS_WIRE(node_examined, items)

} // namespace aops
