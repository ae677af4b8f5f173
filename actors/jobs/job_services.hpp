#pragma once

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
};

using job_services_ptr = std::shared_ptr<const job_services>;

/// The supervisor whose children are the jobs at work.
inline constexpr std::string_view job_children_name = "jobs/children";

/// The name of a job's actor: `job/<id>`.
inline std::string job_name_of(std::string_view id) { return "job/" + std::string{id}; }

} // namespace aops::actors
