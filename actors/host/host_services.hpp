#pragma once

#include "actors/host/history_gate.hpp"
#include "actors/host/round_watch.hpp"
#include "actors/host/rule_costs.hpp"
#include "actors/plugin/plugin_pool.hpp"
#include "actors/support/directory.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/health.hpp"
#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/fault/tree.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace aops::actors {

/// Fault trees by digest, compiled once per node. Bounded; any thread.
class tree_cache {
public:
  /// ec::bad_request when the content is no legal tree.
  expected<fault::tree_ptr> get(const std::string& digest, const std::string& content);

private:
  static constexpr size_t most_trees = 512;
  std::mutex mutex_;
  std::unordered_map<std::string, fault::tree_ptr> trees_;
};

/// What the hosts of a node share.
struct host_services {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<directory> names;
  std::shared_ptr<schedule::ownership> slots;
  std::shared_ptr<const check::keep_list> keep_list;
  std::shared_ptr<tree_cache> trees = std::make_shared<tree_cache>();
  std::shared_ptr<history_gate> history = std::make_shared<history_gate>();
  std::shared_ptr<round_watch> rounds = std::make_shared<round_watch>();
  /// Samples that were pushed and wait for their rounds to be judged, of all hosts.
  std::shared_ptr<std::atomic<int64_t>> pushed = std::make_shared<std::atomic<int64_t>>(0);
  std::shared_ptr<rule_costs> costs = std::make_shared<rule_costs>();
  std::shared_ptr<base::health> health = std::make_shared<base::health>();
  std::shared_ptr<const plugin_pool> plugins; ///< Null: there are none.

  int64_t period_ms() const { return config->check.sample_period.ms; }
  bool scrapes() const { return config->samples.source == "scrape"; } ///< Else Prometheus is asked.
};

using services_ptr = std::shared_ptr<const host_services>;

} // namespace aops::actors
