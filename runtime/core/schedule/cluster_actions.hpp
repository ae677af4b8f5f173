#pragma once

#include "runtime/core/schedule/placement.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// What a node of the cluster may have to do; `decide` says when. Listed in the order in which
/// `decide` returns them.
namespace aops::schedule {

/// A slot under the epoch at which it is held.
struct held_slot {
  uint16_t slot = 0;
  uint64_t epoch = 0;

  bool operator==(const held_slot&) const = default;
};

/// The store counts this incarnation as gone: join as a new one. All slots were dropped before.
struct join_again {
  bool operator==(const join_again&) const = default;
};

/// Another process joined under this node's id: end, with an error; two would fence each other for
/// ever.
struct step_aside {
  int64_t incarnation = 0; ///< Of the other one.
  bool operator==(const step_aside&) const = default;
};

/// The cluster speaks another protocol: take part in nothing and say so in the log.
struct stay_outside {
  int64_t protocol = 0; ///< The cluster's.
  bool operator==(const stay_outside&) const = default;
};

/// These are no longer this node's, or no longer under the epoch it held: end what lives there.
struct drop_slots {
  std::vector<uint16_t> slots;
  bool operator==(const drop_slots&) const = default;
};

/// These are this node's from now on: start what lives there.
struct adopt_slots {
  std::vector<held_slot> slots;
  bool operator==(const adopt_slots&) const = default;
};

/// Owner: end what lives in these, in order; told to `memory.released` when nothing of it runs any
/// more (now or at a deadline, the hard way).
struct release_slots {
  std::vector<held_slot> slots;
  bool operator==(const release_slots&) const = default;
};

/// Owner: in the store, hand each over to the target its row has then, `where slot = ? and epoch =
/// ? and node = me and target <> ''`, node = target, epoch + 1, no target. What lived there has
/// ended.
struct hand_over_slots {
  std::vector<slot_move> slots;
  bool operator==(const hand_over_slots&) const = default;
};

/// Owner: the hand-over of these was called off after what lived there had ended: start it again,
/// under the same epoch.
struct keep_slots {
  std::vector<held_slot> slots;
  bool operator==(const keep_slots&) const = default;
};

/// Compare-and-set: become leader if the epoch is still this one; it becomes epoch + 1.
struct take_leadership {
  uint64_t expected_epoch = 0;
  bool operator==(const take_leadership&) const = default;
};

/// Leader: fence a node, `where id = ? and incarnation = ?`, with `only_if_expired` also `and
/// until_ms <= now` by the store's clock.
struct declare_gone {
  std::string node;
  int64_t incarnation = 0;
  bool only_if_expired = false;
  bool operator==(const declare_gone&) const = default;
};

/// Leader: new owners for slots of nobody or of the gone, `where slot = ? and epoch = ?`, epoch +
/// 1, no target. When a `declare_gone` before it changed nothing, this must not be carried out.
struct assign_slots {
  std::vector<slot_move> slots;
  bool operator==(const assign_slots&) const = default;
};

/// Leader: owners are to hand these over, `set target = ? where slot = ? and epoch = ?`, the epoch
/// stays.
struct set_targets {
  std::vector<slot_move> slots;
  bool operator==(const set_targets&) const = default;
};

using cluster_action = std::variant<join_again,
                                    step_aside,
                                    stay_outside,
                                    drop_slots,
                                    adopt_slots,
                                    release_slots,
                                    hand_over_slots,
                                    keep_slots,
                                    take_leadership,
                                    declare_gone,
                                    assign_slots,
                                    set_targets>;

} // namespace aops::schedule
