#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "actors/support/executor.hpp"
#include "messages/roles/doctor.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace aops::actors {

/// What the doctor is given.
struct doctor_parts {
  std::shared_ptr<directory> names;
  std::shared_ptr<const cluster_map> map;
  std::string node; ///< This one.
  /// Looks at this machine. May block for seconds: it runs on the worker.
  std::function<std::vector<examined_item>()> examine;
  std::shared_ptr<executor> worker;
  std::chrono::milliseconds deadline{8000}; ///< For one node.
};

struct doctor_state {
  explicit doctor_state() = default;
  static inline const char* name = doctor_name.data();
  doctor_parts parts;
};

using doctor_pointer = doctor_actor::stateful_pointer<checked_state<doctor_state>>;

/// Tells how this node's machine is to those of other nodes, and how all are to users.
doctor_actor::behavior_type doctor(doctor_pointer self, doctor_parts parts);

} // namespace aops::actors
