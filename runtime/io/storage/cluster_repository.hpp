#pragma once

#include "messages/cluster_view.hpp"
#include "messages/fence.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/meta_repository.hpp"

namespace aops::storage {

/// A node that comes.
struct joining_node {
  std::string node, address, http, version;
  int64_t protocol = 0;
  int64_t lease_ms = 5000;
  /// Incarnation this process had before, when it was fenced. A newer one that lives is another
  /// process with the same id then, and stays. 0: the process starts; its data directory is locked,
  /// so whoever had the id before is dead, whatever its lease says.
  int64_t previous = 0;
};

/// A node's sign of life.
struct renewal_request {
  std::string node;
  int64_t incarnation = 0;
  std::string address, http; ///< As they are now.
  int64_t lease_ms = 5000;
  uint64_t leader_epoch = 0; ///< Under which it leads; 0: it does not.
  int64_t map_version = 0;   ///< Of the slots it knows; 0: none.
  int64_t hosts = 0, jobs = 0;
};

struct renewal {
  bool is_leader = false; ///< Still; its lease as leader is renewed too then.
  bool has_slots = false; ///< Whether `view.slots` were read: the map is another than known.
  schedule::cluster_view view;
  versions now;
};

/// What a leader changes. It takes effect only when the store is as the leader saw it.
struct cluster_change {
  enum class kind : uint8_t {
    declare_gone, ///< `node` under `incarnation` is a member no more.
    assign,       ///< `slot` under `epoch` becomes `node`'s, under the next epoch.
    set_target,   ///< The owner of `slot` under `epoch` is to hand it to `node`; empty: keep it.
  } what = kind::assign;
  std::string node;
  int64_t incarnation = 0;
  bool only_if_expired = false; ///< Its lease must have ended; else it is gone whatever its lease.
  uint16_t slot = 0;
  uint64_t epoch = 0;
};

/// What a node owns, counted.
struct node_load {
  int64_t hosts = 0, jobs = 0;
};

/// Keeps the cluster: nodes and their leases, who leads, who owns which slot. Each call is one
/// transaction, judged by the store's clock alone. Rows are locked in this order everywhere: the
/// leader's lease, nodes, slots ascending, versions. A busy store (`ec::overloaded`) may be asked
/// again.
class cluster_repository {
public:
  explicit cluster_repository(database& db) : db_(db) {}

  /// The id of the cluster. The first of all callers gives it: `fresh`.
  expected<std::string> cluster_id(std::string_view fresh);

  /// How long leases last is the same for all nodes: the first of all callers says it, later ones
  /// only while no other node lives. Else ec::conflict, which names both values.
  expected<void> agree_on_lease(std::string_view node, int64_t lease_ms);

  /// Nodes and who leads, slots too, without renewing anything.
  expected<schedule::cluster_view> read();

  /// A new incarnation. What an earlier one owned it owns still, under new epochs: writes of the
  /// earlier one are fenced. @returns Its incarnation. ec::conflict: see `joining_node::previous`.
  expected<int64_t> join(const joining_node& x);

  /// ec::fenced when this incarnation is no member any more. An expired lease that nobody fenced is
  /// renewed.
  expected<renewal> renew(const renewal_request& x);

  /// Takes the leader's lease, expired or not, when its epoch is still the expected one: a mistaken
  /// leader is merely fenced. @returns The new epoch; nothing when another one was faster.
  /// ec::fenced when the node is no member.
  expected<std::optional<uint64_t>> take_leadership(std::string_view node,
                                                    int64_t incarnation,
                                                    uint64_t expected_epoch,
                                                    int64_t lease_ms);

  /// Changes as the leader, in one transaction. Nothing is assigned when a node it declares gone is
  /// not. @returns For each whether it took. ec::fenced when another one leads.
  expected<std::vector<bool>>
  apply(std::string_view leader, uint64_t leader_epoch, const std::vector<cluster_change>& changes);

  /// Gives slots to those they are meant for. @returns For each whether it took: not when it is not
  /// owned under that epoch, or meant for nobody.
  expected<std::vector<bool>> hand_over(std::string_view node, const std::vector<fence>& slots);

  /// A member drains, or takes slots again. ec::not_found when there is no such member.
  expected<void> set_state(std::string_view node, bool is_draining);

  /// A member goes; what it owns still, others may take at once. Without effect when it is gone.
  expected<void> leave(std::string_view node, int64_t incarnation);

  /// Hosts and open jobs in a node's slots.
  expected<node_load> load_of(std::string_view node);

private:
  expected<bool> lead(std::string_view leader, uint64_t epoch);
  expected<bool> is_member(std::string_view node, int64_t incarnation);
  expected<void> bump_slots_of(std::string_view node);
  expected<bool> change(const cluster_change& x, int64_t now_ms);
  expected<void> bump_map(const std::vector<bool>& took);
  expected<void> read_members(schedule::cluster_view& view);
  expected<void> read_slots(schedule::cluster_view& view);
  database& db_;
};

} // namespace aops::storage
