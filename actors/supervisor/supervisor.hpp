#pragma once

#include "actors/supervisor/restart_policy.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "messages/interfaces.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/local_actor.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::actors {

/// How a supervisor learns that a child is up.
enum class handshake : uint8_t {
  initialised, ///< Its initialiser has returned and what it awaits (`request(...).await`) has come.
  ping,        ///< It answers `atom::ping`; a child that gets ready later keeps the promise open.
};

/// A child as its supervisor starts it, again and again.
struct child_spec {
  std::string name; ///< Unique on the node: `store`, `host/<id>`.
  /// Spawns the actor, unmonitored. What it throws, and an empty handle, count as a failed start.
  /// Look siblings up in the directory here: their handles change.
  std::function<caf::actor(caf::scheduled_actor& parent)> start;
  restart_kind restart = restart_kind::permanent;
  handshake ready = handshake::initialised;
  std::chrono::milliseconds start_deadline{5000}; ///< To be up; then it is killed: a failed start.
  std::chrono::milliseconds stop_deadline{5000};  ///< To end when asked to; then it is killed.
};

/// The `start` of a spec for an actor function and its arguments, which are copied for each start:
/// `spawns(host, config, names)`, `spawns<caf::detached>(store_worker, path)`.
template <caf::spawn_options Options = caf::no_spawn_options, class F, class... Args>
std::function<caf::actor(caf::scheduled_actor&)> spawns(F fun, Args... args) {
  return [=](caf::scheduled_actor& parent) {
    return caf::actor_cast<caf::actor>(parent.spawn<Options>(fun, args...));
  };
}

struct supervisor_config {
  std::string name; ///< In the log and at the top of its part of the tree.
  strategy how = strategy::one_for_one;
  restart_limit limit;
  backoff delay;
  restart_pace pace; ///< Of those that are restarted alone.
  give_up past_limit = give_up::escalate;
  uint64_t seed = 0;                ///< Of the jitter; 0: a random one.
  std::shared_ptr<directory> names; ///< Told who has which name; null: nobody is told.
};

/// Command: start and keep a child beside those given at the start. Answered with its handle once
/// it is up. When its first start fails, the answer is that error, yet the child stays and is
/// restarted by its kind (a temporary one is gone). ec::conflict when there is a child of this name
/// that has not ended. Never leaves the process.
struct start_child {
  child_spec spec;
};

/// INTERNAL: a time has come.
struct supervisor_timer {
  enum class kind : uint8_t { restart, kill, group } what;
  uint64_t child = 0;
  uint64_t generation = 0; ///< Timers cannot be cancelled: one of an older generation is void.
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::supervisor_timer)

namespace aops::actors {

using supervisor_actor =
  caf::typed_actor<caf::replies_to<start_child>::with<caf::actor>,
                   caf::reacts_to<supervisor_timer>>::extend_with<children_actor>;

class supervision;

struct supervisor_state {
  explicit supervisor_state();
  ~supervisor_state(); ///< Kills the children that still live: nobody would look after them.
  static inline const char* name = "supervisor";
  std::unique_ptr<supervision> children;
};

using supervisor_pointer = supervisor_actor::stateful_pointer<checked_state<supervisor_state>>;

/// Starts children in order, each after the one before is up; restarts them by strategy, kind,
/// limit and back-off; stops them in reverse order on an exit message; ends only after them.
///
/// - Ping is answered once all children given at the start are up for the first time.
/// - Children added by `start_child` start when those given at the start are up, independently of
///   each other; they stop at once, before the others. With `rest_for_one` the failure of one
///   restarts it alone. One that ended and is not restarted is forgotten.
/// - A transient child that ended normally is not revived by a group restart.
/// - Past its limit the supervisor stops all children and ends with ec::internal.
/// - Never are two incarnations of a child alive: a child that blocks in a handler past its kill
///   is waited for, and the tree shows it as `stopping`. (A killed supervisor cannot wait.)
/// @param children In order of start; names unique, else it ends with ec::conflict.
supervisor_actor::behavior_type
supervisor(supervisor_pointer self, supervisor_config config, std::vector<child_spec> children);

/// A supervisor as the child of another one: up when its children are.
child_spec supervised(supervisor_config config,
                      std::vector<child_spec> children,
                      std::chrono::milliseconds start_deadline = std::chrono::seconds{60},
                      std::chrono::milliseconds stop_deadline = std::chrono::seconds{30});

} // namespace aops::actors
