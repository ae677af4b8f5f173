#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// What one says to a supervisor, and the live tree it answers with.
namespace aops {

/// Request: the live tree below the receiver. Every actor answers: those that supervise nobody with
/// one row.
struct get_tree {
  int64_t deadline_ms = 1000; ///< How long the receiver may wait for those below it; at least 1.
};
AOPS_WIRE(get_tree, deadline_ms)

/// One actor of the live tree and those it supervises, in the order of their start.
struct tree_status {
  std::string name;
  /// `starting`, `running`, `backing_off`, `stopping`, `stopped`, `failed`.
  std::string state = "running";
  int64_t restarts = 0;    ///< Since its supervisor started.
  std::string last_reason; ///< Why it last ended; empty when it never did.
  maybe<int64_t> mailbox;  ///< Waiting messages; absent when it did not answer in time.
  std::vector<tree_status> children;
};
#define AOPS_FIELDS_tree_status(F)                                                                 \
  F(name, required(), "Name of the actor.")                                                        \
  F(state,                                                                                         \
    required().one_of("starting|running|backing_off|stopping|stopped|failed"),                     \
    "`failed`: it is not restarted any more.")                                                     \
  F(restarts, required(), "How often its supervisor restarted it.")                                \
  F(last_reason, optional_field().additive(), "Why it last ended.")                                \
  F(mailbox, optional_field().additive(), "Waiting messages; absent: no answer in time.")          \
  F(children, optional_field().additive(), "Those it supervises, in order of their start.")
AOPS_MESSAGE(tree_status)

/// Request: the handle of a child by its name. Handles change with each restart.
/// ec::not_found; ec::unreachable while the child is down.
struct resolve_child {
  std::string name;
};
AOPS_WIRE(resolve_child, name)

/// Command: end a child and keep it ended. Answered when it is down. ec::not_found.
struct stop_child {
  std::string name;
};
AOPS_WIRE(stop_child, name)

} // namespace aops
