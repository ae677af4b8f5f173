#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "messages/roles/upkeep.hpp"
#include "runtime/base/config.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aops::actors {

/// What the desk is given.
struct upkeep_parts {
  std::shared_ptr<directory> names;
  std::shared_ptr<const cluster_map> map;
  std::string node; ///< This one.
  std::shared_ptr<const base::config> config;
  std::chrono::milliseconds deadline{8000}; ///< For one node.
};

struct upkeep_desk_state {
  explicit upkeep_desk_state() = default;
  static inline const char* name = upkeep_desk_name.data();
  upkeep_parts parts;
};

using upkeep_desk_pointer = upkeep_desk_actor::stateful_pointer<checked_state<upkeep_desk_state>>;

/// Tells operators what configuration is in force here and which backups the nodes keep; hands on
/// to the keeper of backups that one is to be made.
upkeep_desk_actor::behavior_type upkeep_desk(upkeep_desk_pointer self, upkeep_parts parts);

/// Every option with its value; what is secret is `"<sealed>"`.
config_in_force config_of(const base::config& config);

} // namespace aops::actors
