#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/jobs/slot_watch.hpp"
#include "actors/support/directory.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace aops::actors {

/// What jobs of a node share.
struct job_services {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<directory> names;
  std::shared_ptr<schedule::ownership> slots;
  /// Who owns which host; an empty one is right where there is one node.
  std::shared_ptr<const cluster_map> map = std::make_shared<cluster_map>();
  std::shared_ptr<slot_watch> moves = std::make_shared<slot_watch>();
};

using job_services_ptr = std::shared_ptr<const job_services>;

} // namespace aops::actors
