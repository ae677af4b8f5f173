#include "actors/cluster/gate.hpp"

#include "actors/cluster/gate_desk.hpp"
#include "actors/cluster/transport.hpp"
#include "actors/support/call.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/changes.hpp"
#include "messages/roles/doctor.hpp"
#include "messages/roles/logs.hpp"
#include "messages/roles/remote.hpp"
#include "messages/roles/rule_cost.hpp"
#include "messages/roles/run.hpp"
#include "messages/roles/topology.hpp"
#include "messages/roles/upkeep.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include <algorithm>
#include <stdexcept>

namespace aops::actors {

gate_state::gate_state() = default;
gate_state::~gate_state() = default;

bool is_open_to_peers(const cluster_services& services, std::string_view name) {
  static constexpr std::string_view whole[] = {progress_name,
                                               changes_name,
                                               membership_name,
                                               router_name,
                                               node_name,
                                               rule_costs_name,
                                               doctor_name,
                                               host_logs_name,
                                               topology_name,
                                               upkeep_desk_name,
                                               vault_name,
                                               remote_name,
                                               run_keys_name};
  if (name.size() > 256)
    return false;
  bool is_of_region =
    std::any_of(services.regions.begin(), services.regions.end(), [name](const cluster_region& x) {
      return name == x.name || name.starts_with(x.entities);
    });
  return is_of_region || std::find(std::begin(whole), std::end(whole), name) != std::end(whole);
}

namespace {

/// The tree of this node may ask how the gate is; from peers, whatever has no handler is refused.
caf::result<caf::message> answer_unknown(gate_pointer self, const caf::message_view& view) {
  const auto& from = self->current_sender();
  bool is_own = from && from->node() == self->node();
  if (!is_own || !view.content().match_elements<get_tree>())
    return self->state.desk->refuse_stranger();
  tree_status row;
  row.name = gate_name;
  row.mailbox = static_cast<int64_t>(self->mailbox().size());
  return caf::make_message(std::move(row));
}

} // namespace

own_gate_actor::behavior_type gate(gate_pointer self, cluster_services_ptr services) {
  prepare(self);
  self->state.desk = std::make_unique<gate_desk>(self, std::move(services));
  auto* desk = self->state.desk.get();
  // Peers may send anything, also exits. One from nobody names its receiver as the source.
  self->set_exit_handler([self](caf::exit_msg& x) {
    bool is_own = x.source && x.source.node() == self->node() && x.source != self->address();
    if (x.reason && is_own)
      self->quit(std::move(x.reason));
  });
  self->set_down_handler([desk](caf::down_msg& x) { desk->on_down(x); });
  self->set_default_handler(
    [self](caf::scheduled_actor*, caf::message_view& view) { return answer_unknown(self, view); });
  return {
    [desk](const node_hello& x) { return desk->on_hello(x); },
    [desk](parcel& x) { return desk->on_parcel(x); },
    [desk](const pulse& x) { return desk->on_pulse(x); },
    [](atom::ping) {},
    [desk](const greet_peer& x) { return desk->greet(x); },
    [desk](const link_closed& x) { desk->on_closed(x.node); },
  };
}

namespace {

/// What stays while gates come and go.
struct opened_gate {
  caf::actor_addr who;
  uint16_t port = 0;
};

void close_former(caf::actor_system& system,
                  const base::config& config,
                  const opened_gate& former) {
  if (former.port != 0)
    (void)call_message(system,
                       caf::actor_cast<caf::strong_actor_ptr>(connector_of(system, config)),
                       std::chrono::seconds{2},
                       caf::make_message(caf::unpublish_atom_v, former.who, former.port));
}

caf::actor start_gate(caf::scheduled_actor& parent,
                      const cluster_services_ptr& services,
                      opened_gate& opened) {
  auto& system = parent.system();
  close_former(system, *services->config, opened);
  auto who = caf::actor_cast<caf::actor>(parent.spawn(gate, services));
  auto at =
    open_gate(system, caf::actor_cast<caf::strong_actor_ptr>(who), *services->config, opened.port);
  if (!at) {
    parent.send_exit(who, caf::exit_reason::kill);
    throw std::runtime_error(at.error().detail);
  }
  opened = {who.address(), at->port};
  services->this_node->set_address(advertised(*services->config, *at));
  log::info("gate-open", "Peers reach this node at {}", services->this_node->address());
  return who;
}

} // namespace

child_spec gate_child(cluster_services_ptr services) {
  child_spec spec;
  spec.name = gate_name;
  spec.ready = handshake::ping;
  spec.start = [services = std::move(services), opened = std::make_shared<opened_gate>()](
                 caf::scheduled_actor& parent) { return start_gate(parent, services, *opened); };
  return spec;
}

} // namespace aops::actors
