#pragma once

#include "actors/support/checked_state.hpp"
#include "messages/roles/jobs.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// The event streams of this node, as the bridge knows them.
struct progress_streams {
  std::function<void(const job_progress&)> publish; ///< A job got on. Must not wait.
  /// News of a job may have got lost: the store is to be asked. Must not wait.
  std::function<void(const std::string& job)> refresh;
  std::function<std::vector<std::string>()> jobs; ///< What streams show, each job once.
};

/// How a bridge reaches the other nodes. The default is right where there is one node.
struct progress_links {
  std::string node; ///< This one.
  /// Who runs a job; empty: nobody right now, or unknown.
  std::function<std::string(const std::string& job)> owner_of = [](const std::string&) {
    return std::string{};
  };
  /// Brings news to the progress actor of a node; nobody hears whether it arrived.
  std::function<void(const std::string& node, caf::message news)> tell = [](const std::string&,
                                                                            const caf::message&) {};
};

struct progress_bridge_state {
  explicit progress_bridge_state() = default;
  static inline const char* name = "progress";
  using time_point = caf::actor_clock::time_point;

  /// A node that shows a job of this one.
  struct watcher {
    time_point until{};
    std::optional<time_point> told; ///< When last.
    job_progress last;              ///< What it was told.
    bool is_behind = false;         ///< `news` of the job is newer.
  };
  struct watched_job {
    job_progress news;
    std::map<std::string, watcher> nodes;
  };

  progress_streams streams;
  progress_links links;
  std::map<std::string, watched_job> watched;
  size_t watchers = 0;
  std::map<std::string, job_progress> recent; ///< Where jobs stood last, for new watchers.
  std::deque<std::string> recent_order;
  std::map<std::string, std::string> shown; ///< Jobs of open streams and whom they were asked of.
  std::optional<time_point> tick_due;
  time_point look_due{}; ///< When streams of foreign jobs are watched again.
};

using progress_bridge_pointer =
  progress_actor::stateful_pointer<checked_state<progress_bridge_state>>;

/// Hears how jobs get on and tells this node's streams, and the nodes that watch: at most 4 times a
/// second for each job and node, the last state always, a final one at once. Watches the jobs of
/// its own streams where they run, over and over; a `watch_job` of this node itself says that a
/// stream has opened, and `atom::tick` that the map may have changed.
progress_actor::behavior_type
progress_bridge(progress_bridge_pointer self, progress_streams streams, progress_links links);

} // namespace aops::actors
