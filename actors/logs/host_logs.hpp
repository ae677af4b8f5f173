#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/logs/line_store.hpp"
#include "actors/logs/line_taps.hpp"
#include "actors/store/host_tokens.hpp"
#include "actors/support/bytes_held.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/logs.hpp"
#include "runtime/base/health.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <mutex>

namespace aops::actors {

/// Where this node's lines are kept, once somebody wants that. Any thread but a scheduler's.
class line_store_place {
public:
  using opener = std::function<expected<std::shared_ptr<line_store>>()>;
  explicit line_store_place(opener open) : open_(std::move(open)) {}

  /// Opens it when it is not open yet; what fails is tried again at the next call.
  expected<std::shared_ptr<line_store>> get();

private:
  std::mutex mutex_;
  opener open_;
  std::shared_ptr<line_store> store_;
};

struct host_logs_parts {
  store_ptr store; ///< For tokens and hosts.
  std::shared_ptr<const cluster_map> map;
  std::string node; ///< This one.
  std::shared_ptr<line_store_place> place;
  std::shared_ptr<executor> intake;    ///< Reads what comes in.
  std::shared_ptr<executor> searchers; ///< Searches.
  /// Shared with whom hosts send other things by the same tokens.
  std::shared_ptr<host_token_cache> tokens = std::make_shared<host_token_cache>();
};

class syslog_intake;

struct host_logs_state {
  explicit host_logs_state();
  ~host_logs_state();
  static inline const char* name = host_logs_name.data();
  host_logs_parts parts;
  std::shared_ptr<line_taps> taps = std::make_shared<line_taps>();
  std::shared_ptr<syslog_intake> syslog; ///< Null: turned off.
  /// Bytes that came and are not stored yet.
  bytes_held::sum under_way = std::make_shared<std::atomic<int64_t>>(0);
};

using full_host_logs_actor =
  caf::typed_actor<caf::reacts_to<atom::tick>>::extend_with<host_logs_actor>;
using host_logs_pointer = full_host_logs_actor::stateful_pointer<checked_state<host_logs_state>>;

/// Takes lines of hosts and finds them. No scheduler thread reads or writes any.
full_host_logs_actor::behavior_type host_logs(host_logs_pointer self, host_logs_parts parts);

/// The place that the configuration names.
/// @param health Told while a store beside this node is away.
std::shared_ptr<line_store_place> lines_place(std::shared_ptr<const base::config> config,
                                              std::shared_ptr<const base::clock> clock,
                                              std::shared_ptr<base::health> health);

/// Threads that read what comes in, and those that search: these give way to others.
std::shared_ptr<executor> log_intake_threads();
std::shared_ptr<executor> log_search_threads();

} // namespace aops::actors
