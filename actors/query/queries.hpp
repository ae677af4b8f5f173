#pragma once

#include "actors/query/store_source.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "actors/support/executor.hpp"
#include "messages/roles/query.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace aops::actors {

/// A query at work: set when it has to end.
using query_end = std::shared_ptr<std::atomic<bool>>;

/// INTERNAL: the time of a query is over.
struct query_expired {
  std::weak_ptr<std::atomic<bool>> query;
};

/// How much of what was read stays in memory.
inline constexpr size_t most_cached_bytes = size_t{64} << 20;

/// What queries work with.
struct queries_parts {
  std::shared_ptr<const base::config> config;
  std::shared_ptr<directory> names;
  /// Where they work: they wait for the store there and compute, for as long as they may.
  std::shared_ptr<executor> threads;
  /// Called from there.
  piece_reading read;
  /// The same; none: there are no series of alerts.
  alert_reading read_alerts = {};
  std::shared_ptr<const base::clock> clock = {}; ///< For `read_alerts`.
  /// What they have read before.
  std::shared_ptr<piece_cache> cache = std::make_shared<piece_cache>(most_cached_bytes);
};

struct queries_state {
  explicit queries_state() = default;
  ~queries_state(); ///< Ends what is at work.
  static inline const char* name = queries_name.data();
  queries_parts parts;
  std::vector<std::weak_ptr<std::atomic<bool>>> at_work;
};

using full_queries_actor =
  caf::typed_actor<caf::reacts_to<query_expired>>::extend_with<queries_actor>;

/// Answers PromQL from the stored rounds of the hosts that the caller sees, on whichever node they
/// live. No scheduler thread computes; a query ends when its time is over, and when this actor
/// does.
full_queries_actor::behavior_type
queries(full_queries_actor::stateful_pointer<checked_state<queries_state>> self,
        queries_parts parts);

/// The threads of queries: two, which give way to others; more wait, half of them of one owner.
std::shared_ptr<executor> query_threads();

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::query_expired)
