#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"
#include "messages/roles/doctor.hpp"

namespace aops::http {

// Addresses and releases of all machines are nothing for ordinary users.
std::vector<route> cluster_routes(const node_port& port) {
  using role = membership_actor;
  auto name = actors::membership_name;
  return {
    ask<role, cluster_nodes_query, cluster_nodes>(
      port, method::get, "/cluster/nodes", may::administrator, name, "List the nodes."),
    ask<role, cluster_slots_query, cluster_slots>(
      port, method::get, "/cluster/slots", may::administrator, name, "Who owns which slot."),
    ask<cluster_trees_actor, cluster_tree_query, cluster_trees>(
      port,
      method::get,
      "/cluster/tree",
      may::administrator,
      actors::cluster_trees_name,
      "The live supervisor trees of all nodes, or of one."),
    ask<doctor_actor, doctor_query, examined_nodes>(
      port,
      method::get,
      "/cluster/doctor",
      may::administrator,
      actors::doctor_name,
      "Look at machine, store and configuration of all nodes, with remedies."),
    recorded_here(ask<role, node_to_drain, node_drained>(
      port,
      method::post,
      "/cluster/node/drain",
      may::administrator,
      name,
      "Have a node hand its slots over, or take slots again. Answers at once.")),
  };
}

} // namespace aops::http
