#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/jobs/job_kind.hpp"
#include "actors/jobs/slot_watch.hpp"
#include "actors/support/directory.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "runtime/core/schedule/slot_holds.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aops::actors {

class run_places;

/// What jobs of a node share.
struct job_services {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<directory> names;
  std::shared_ptr<schedule::ownership> slots;
  std::shared_ptr<const job_kinds> kinds = std::make_shared<job_kinds>();
  /// Who owns which host; an empty one is right where there is one node.
  std::shared_ptr<const cluster_map> map = std::make_shared<cluster_map>();
  std::shared_ptr<slot_watch> moves = std::make_shared<slot_watch>();
  /// Whether this node surely still holds its lease, so that it may act on the world.
  std::function<bool()> is_sure = [] { return true; };
  /// Until when it surely holds it, for what goes on by itself; nothing: always.
  std::function<std::optional<std::chrono::steady_clock::time_point>()> sure_until = [] {
    return std::optional<std::chrono::steady_clock::time_point>{};
  };
  /// Keeps slots here while something acts there that must not be cut off.
  std::shared_ptr<schedule::slot_holds> holds = std::make_shared<schedule::slot_holds>();
  std::shared_ptr<run_places> places; ///< For runs of deployment tasks.
};

} // namespace aops::actors
