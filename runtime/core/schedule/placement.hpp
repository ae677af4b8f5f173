#pragma once

#include "messages/cluster_view.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Which node is to own which slot. Pure and deterministic: the same input gives the same plan on
/// every node.
namespace aops::schedule {

/// What a node may be given. Owners that are not listed are dead.
enum class placement_role : uint8_t {
  receiver, ///< Healthy: shares the slots evenly with the other receivers.
  keeper,   ///< In doubt: keeps what it has, is given nothing.
  leaver,   ///< Hands over what it has, to receivers.
};

struct placed_node {
  std::string node;
  placement_role role = placement_role::receiver;
};

/// A change of one slot, valid only while its epoch is still `epoch`.
struct slot_move {
  uint16_t slot = 0;
  uint64_t epoch = 0;
  std::string to; ///< Empty in a target: called off.

  bool operator==(const slot_move&) const = default;
};

/// What to change, slots ascending in both lists.
struct placement_plan {
  std::vector<slot_move> assigned; ///< Slots without a living owner: new owner at once.
  std::vector<slot_move> targeted; ///< Slots whose owner lives: whom it hands them to.

  bool empty() const { return assigned.empty() && targeted.empty(); }
};

/// How much a node is wanted as owner of a slot: rendezvous hashing, XXH64 of its id seeded with
/// the slot. The highest wins.
uint64_t affinity(std::string_view node, uint16_t slot);

/// Rendezvous hashing within exact balance. Promises:
/// - A slot whose owner is not listed, or that has none, is assigned at once, all in one plan.
/// - All slots of leavers get a target at once.
/// - Once all is carried out no receiver has more than ceil(slots / receivers), none fewer than the
///   floor, and what moved for it is no more than the excess of those above: a new node takes its
///   share from the others, nothing moves between old ones.
/// - For balance no more than `most_moves` slots have a target at once, those under way included.
/// - A plan for what the last plan led to is empty.
/// Without receivers nothing changes, except that targets nobody can take are called off.
/// @param nodes Each id once, in any order.
placement_plan plan_placement(const std::vector<assignment>& slots,
                              const std::vector<placed_node>& nodes,
                              size_t most_moves);

} // namespace aops::schedule
