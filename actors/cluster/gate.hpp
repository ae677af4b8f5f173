#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/cluster/link_messages.hpp"
#include "actors/supervisor/supervisor.hpp"

#include <memory>

namespace aops::actors {

class gate_desk;

struct gate_state {
  explicit gate_state();
  ~gate_state();
  static inline const char* name = "gate";
  std::unique_ptr<gate_desk> desk;
};

using gate_pointer = own_gate_actor::stateful_pointer<checked_state<gate_state>>;

/// The one actor that peers reach. Exchanges hellos, for the links of this node and with those of
/// peers; whoever has not been introduced is refused, counted, and logged once (`peer-refused`).
///
/// A parcel for a slot is taken when this node owns it, else answered ec::moved: it was not carried
/// out. It reaches actors by name, and only those that are meant for peers.
own_gate_actor::behavior_type gate(gate_pointer self, cluster_services_ptr services);

/// The gate as a child: published at `cluster.listen` once it is up; tells `this_node` its address.
/// It keeps its port when it starts again.
child_spec gate_child(cluster_services_ptr services);

/// Whether peers may reach an actor of this name: the regions and what lives in them, and a few.
bool is_open_to_peers(const cluster_services& services, std::string_view name);

} // namespace aops::actors
