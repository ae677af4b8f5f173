#pragma once

#include "messages/types/block.hpp"

/// What talks to what. Described in `messages/topology.hpp` and `messages/upstream.hpp`.
#define AOPS_TYPES_topology(X)                                                                     \
  X(topology, topology_query)                                                                      \
  X(topology, topology_entities)                                                                   \
  X(topology, topology_status_query)                                                               \
  X(topology, topology_status)                                                                     \
  X(topology, topology_changes_query)                                                              \
  X(topology, topology_changes)                                                                    \
  X(topology, batch_to_take)                                                                       \
  X(topology, batch_taken)                                                                         \
  X(topology, node_windows_query)                                                                  \
  X(topology, node_windows)                                                                        \
  X(topology, dependencies_query)                                                                  \
  X(topology, dependencies)                                                                        \
  X(topology, upstream_query)                                                                      \
  X(topology, upstream_found)                                                                      \
  X(topology, topology_summary_query)                                                              \
  X(topology, topology_summary)

AOPS_TYPE_BLOCK(topology, 6800)
