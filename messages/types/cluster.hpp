#pragma once

#include "messages/types/block.hpp"

/// Nodes, slots and what travels between nodes. Described in `messages/cluster.hpp`.
#define AOPS_TYPES_cluster(X)                                                                      \
  X(cluster, cluster_nodes_query)                                                                  \
  X(cluster, cluster_node)                                                                         \
  X(cluster, cluster_nodes)                                                                        \
  X(cluster, cluster_slots_query)                                                                  \
  X(cluster, cluster_slot)                                                                         \
  X(cluster, cluster_slots)                                                                        \
  X(cluster, cluster_tree_query)                                                                   \
  X(cluster, node_tree)                                                                            \
  X(cluster, cluster_trees)                                                                        \
  X(cluster, node_to_drain)                                                                        \
  X(cluster, node_drained)                                                                         \
  X(cluster, slots_changed)                                                                        \
  X(cluster, slots_to_release)                                                                     \
  X(cluster, peer_seen)                                                                            \
  X(cluster, map_changed)                                                                          \
  X(cluster, parcel)                                                                               \
  X(cluster, node_hello)                                                                           \
  X(cluster, pulse)                                                                                \
  X(cluster, pulse_seen)                                                                           \
  X(cluster, watch_job)                                                                            \
  X(cluster, jobs_added)                                                                           \
  X(cluster, jobs_cancelled)

AOPS_TYPE_BLOCK(cluster, 1800)
