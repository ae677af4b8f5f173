#pragma once

#include "actors/store/host_tokens.hpp"
#include "actors/support/bytes_held.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/tracing/look.hpp"
#include "messages/roles/tracing.hpp"

#include <deque>
#include <map>
#include <set>

namespace aops::actors {

/// INTERNAL: something that was begun elsewhere goes on here.
struct tracing_step {
  std::shared_ptr<const std::function<void()>> go;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::tracing_step)

namespace aops::actors {

using full_tracing_actor = caf::typed_actor<caf::reacts_to<tracing_step>,
                                            // INTERNAL: looks which domains are due.
                                            caf::reacts_to<atom::tick>>::extend_with<tracing_actor>;

/// What asks hosts and waits until it may.
struct waiting_turn {
  base::ticket how;
  /// Gets nothing when its turn has come, and ends it then; else why it never comes.
  std::function<void(expected<void> turn)> begin;
};

struct tracing_parts {
  store_ptr store;
  trace_models_ptr models;
  /// Shared with whom hosts send lines.
  std::shared_ptr<host_token_cache> tokens = std::make_shared<host_token_cache>();
};

struct tracing_state {
  explicit tracing_state() = default;
  static inline const char* name = tracing_name.data();
  store_ptr store;
  trace_models_ptr models;
  size_t looking = 0;               ///< Domains whose hosts are read or changed now.
  std::deque<waiting_turn> waiting; ///< What somebody waits for, in its turn.
  std::deque<waiting_turn> by_time; ///< What nobody does: when nothing else waits.
  std::shared_ptr<host_token_cache> tokens;
  /// Bytes that hosts told and that are not taken yet.
  bytes_held::sum told_bytes = std::make_shared<std::atomic<int64_t>>(0);
  /// When all hosts of a domain were looked at by time last, by owner and name; on this node.
  std::map<std::pair<std::string, std::string>, int64_t> looked_whole;
  /// Owners and names of domains that are looked at by time now.
  std::set<std::pair<std::string, std::string>> under_way;
  /// How many syncs of a domain are under way here, and when the last one ended, on the steady
  /// clock.
  std::map<std::pair<std::string, std::string>, int> syncing;
  std::map<std::pair<std::string, std::string>, int64_t> synced_ms;
  /// Before that no domain is looked at between its looks: on the steady clock.
  int64_t rests_until_ms = 0;
};

using tracing_pointer = full_tracing_actor::stateful_pointer<checked_state<tracing_state>>;

/// Keeps domains, hosts in domains, and files; compares and syncs them through `remote`.
full_tracing_actor::behavior_type tracing(tracing_pointer self, tracing_parts parts);

} // namespace aops::actors
