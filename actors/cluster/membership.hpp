#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/cluster/cluster_store.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/roles/cluster.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/schedule/cluster_rules.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// INTERNAL: the time of a round has come; one of an older number is void.
struct membership_timer {
  uint64_t number = 0;
};

/// INTERNAL: a peer's port was tried.
struct probe_ended {
  std::string node;
  int64_t incarnation = 0;
  bool is_refused = false;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::membership_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::probe_ended)

namespace aops::actors {

using full_membership_actor =
  caf::typed_actor<caf::reacts_to<membership_timer>,
                   caf::reacts_to<probe_ended>>::extend_with<membership_actor>;

/// A peer whose link is down.
struct doubt {
  int64_t incarnation = 0;
  int64_t since_ms = 0;        ///< By the store's clock.
  bool is_being_tried = false; ///< Its port.
  bool is_refused = false;     ///< By its port, the last time.
};

struct membership_state {
  explicit membership_state() = default;
  static inline const char* name = "cluster-membership";

  cluster_services_ptr services;
  std::unique_ptr<cluster_store> store;
  schedule::cluster_timing timing;
  schedule::node_memory memory;
  cluster_map::view_ptr view;                ///< What was read last, with slots; null before.
  std::optional<storage::versions> versions; ///< Read last.
  storage::node_load load;
  int64_t load_read_ms = schedule::node_memory::never;

  uint64_t timer = 0;           ///< Number of the timer that counts.
  bool is_round_due = false;    ///< It is on its way without delay.
  int64_t failures = 0;         ///< Renewals that failed in a row.
  bool is_join_unknown = false; ///< The answer to a join got lost.
  bool is_outside = false;      ///< Another protocol, or another process with this id: told once.
  std::map<std::string, doubt> doubts;      ///< By peer.
  std::vector<uint16_t> gained, lost;       ///< Not told to the regions yet.
  std::vector<foreign_promise<void>> pings; ///< Of those who wait until it is a member.
  std::string states_told;                  ///< How all members stood when pages heard last.

  /// It is to hand everything over and leave.
  struct leaving {
    int64_t until_ms; ///< Monotonic.
    std::vector<foreign_promise<done>> asked;
    bool is_cut_off = false; ///< What holds slots has been told to end.
  };
  std::optional<leaving> ending;
  bool has_left = false;

  std::unique_ptr<metrics::refresher> figures;
};

using membership_pointer = full_membership_actor::stateful_pointer<checked_state<membership_state>>;

/// Keeps this node's lease, every `cluster.renew` and at once when there is news; decides with
/// `schedule::decide` and carries it out; it alone changes `ownership` and the `cluster_map`.
/// Regions hear `slots_changed` after these changed; the router and the links' keeper hear
/// `map_changed`; peers hear it through their links.
///
/// - A store that does not answer is asked again with back-off; what the node owns it keeps, for
///   nobody else can take it. A fenced node drops everything and joins again.
/// - It blocks in the store: spawn it detached.
/// - On a store of one node it only answers questions.
/// - Its end leaves the lease to expire; `atom::stop` before gives everything over in order.
full_membership_actor::behavior_type membership(membership_pointer self,
                                                cluster_services_ptr services);

/// Before the actors start: whether this node may take part. ec::conflict when living nodes speak
/// another protocol; names them.
expected<void> check_can_join(storage::database& db, const std::string& node);

/// Before the actors start: `cluster.lease` is the same on all nodes that live. ec::conflict names
/// both values. A node that starts while no other one lives sets it.
expected<void>
check_lease(storage::database& db, const std::string& node, const base::duration& lease);

} // namespace aops::actors
