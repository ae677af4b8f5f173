#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/cluster/node_identity.hpp"
#include "actors/cluster/tcp_probe.hpp"
#include "actors/support/directory.hpp"
#include "actors/support/executor.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/health.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "runtime/core/schedule/slot_holds.hpp"
#include "runtime/io/storage/database_pool.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// What nodes speak with each other and agree on in the store. Nodes of another one are refused.
inline constexpr int64_t cluster_protocol = 1;

/// A region as the cluster knows it: it hears which slots come, lets go of those that leave, and
/// peers reach it and its entities.
struct cluster_region {
  std::string name;                      ///< Of a `region_actor`.
  std::string entities;                  ///< Names of its entities begin so: `host/`.
  bool looks_at_hosts_and_rules = false; ///< When these changed in the store, by whomever.
};

/// What the cluster's actors of a node share.
struct cluster_services {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<base::clock> clock; ///< The membership keeps it on the store's clock.
  const base::time_source* time = &base::system_time(); ///< For leases: never set or slewed.
  std::shared_ptr<storage::database_pool> pool;
  std::shared_ptr<directory> names;
  std::shared_ptr<schedule::ownership> ownership; ///< Only the membership changes it.
  std::shared_ptr<cluster_map> map;               ///< Only the membership changes it.
  /// Slots that may not go yet.
  std::shared_ptr<schedule::slot_holds> holds = std::make_shared<schedule::slot_holds>();
  std::shared_ptr<node_identity> this_node;
  std::vector<cluster_region> regions; ///< Of every node of this release.
  std::shared_ptr<peer_pulses> pulses = std::make_shared<peer_pulses>();
  std::shared_ptr<base::health> health = std::make_shared<base::health>();
  bool single = true; ///< A store of one node: no leases, no peers.

  /// Whether a port refuses connections, which proves that its process is gone: unlike silence.
  /// Blocks at most 300 ms; runs on `probes`. Tests put their own here.
  std::function<bool(const std::string& address)> is_refused = [](const std::string& address) {
    return refuses_connections(address);
  };
  /// Where it runs: a thread beside the membership's, whose renewals must not wait.
  std::shared_ptr<executor> probes;
};

using cluster_services_ptr = std::shared_ptr<const cluster_services>;

} // namespace aops::actors
