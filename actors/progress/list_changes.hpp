#pragma once

#include "actors/support/checked_state.hpp"
#include "messages/roles/changes.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <optional>

namespace aops::actors {

/// How changes reach pages.
struct change_ways {
  std::function<void(uint64_t lists)> show; ///< To the streams of this node. Must not wait.
  /// Brings them to the CHANGES of all nodes, this one too. Absent: there is one node.
  std::function<void(const lists_to_show&)> spread;
};

struct list_changes_state {
  explicit list_changes_state() = default;
  static inline const char* name = changes_name.data();
  using time_point = caf::actor_clock::time_point;

  change_ways ways;
  uint64_t gathered = 0;          ///< Not told yet.
  std::optional<time_point> told; ///< When last.
  bool is_waiting = false;        ///< A tick is under way.
};

/// Tells at once what changes after a quiet time, and after that once a second at most: a list that
/// changes all the time is told once, whatever came together.
changes_actor::behavior_type
list_changes(changes_actor::stateful_pointer<checked_state<list_changes_state>> self,
             change_ways ways);

} // namespace aops::actors
