#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/cluster.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aops::actors {

/// What the actor of all trees is given.
struct cluster_trees_parts {
  std::shared_ptr<directory> names; ///< Knows this node's root supervisor as `node_name`.
  std::shared_ptr<const cluster_map> map;
  std::string node;                         ///< This one.
  std::chrono::milliseconds deadline{2500}; ///< For one node; at least 2 ms.
};

struct cluster_trees_state {
  explicit cluster_trees_state() = default;
  static inline const char* name = "cluster-trees";
  cluster_trees_parts parts;
};

using cluster_trees_pointer =
  cluster_trees_actor::stateful_pointer<checked_state<cluster_trees_state>>;

/// Asks the root supervisors of all members for their live trees, at once. A node that does not
/// answer is shown with the reason, never left out.
///
/// A query for one node takes the beginning of its id: ec::not_found, or ec::bad_request when
/// several begin so.
cluster_trees_actor::behavior_type cluster_trees_keeper(cluster_trees_pointer self,
                                                        cluster_trees_parts parts);

} // namespace aops::actors
