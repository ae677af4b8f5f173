#pragma once

#include "actors/store/alert_store.hpp"
#include "actors/supervisor/restart_policy.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/directory.hpp"
#include "messages/names.hpp"
#include "messages/roles/alerts.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/notify/body.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace aops::actors {

/// A receiver of the configuration, ready to be told something.
struct notice_target {
  base::notify_receiver to;
  std::string url; ///< As `to` has it, or the API below it.
  std::string content_type;
  notify::body_writer body;
  std::vector<std::string> headers; ///< May hold secrets, never shown.
};

/// Reads what the configuration names beside it. ec::bad_request naming the receiver and the key.
expected<std::vector<notice_target>> notice_targets_of(const base::config& c);

/// What the notifier is given.
struct notifier_parts {
  std::vector<notice_target> targets;
  std::shared_ptr<const directory> names;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<const schedule::ownership> slots;
};

struct notifier_state {
  explicit notifier_state() = default;
  static inline const char* name = notifier_name.data();

  /// How a receiver fares.
  struct standing {
    size_t under_way = 0; ///< Notices sent and not yet answered.
    size_t failures = 0;  ///< In a row.
    int64_t quiet_until_ms = 0;
    int64_t waiting = 0, sent = 0, failed = 0, given_up = 0;
    std::string last_error;
  };

  notifier_parts parts;
  std::vector<standing> standings; ///< Of each target.
  std::vector<uint16_t> slots;     ///< Ours at the last look.
  uint64_t looks = 0;
  bool is_asking = false;
  std::set<int64_t> busy; ///< Rows that are being told.
  /// What Alertmanagers are being told of: one at a time of what they cannot tell apart.
  std::set<std::string> busy_keys;
  std::vector<notice_outcome> unwritten; ///< The store did not take them; tried again.
  jitter_source jitter{0};
};

using notifier_pointer = notifier_actor::stateful_pointer<checked_state<notifier_state>>;

/// Tells the receivers of the configuration what becomes of the alerts whose slots this node owns.
/// At least once: a row of the outbox is done with once its receiver answered 2xx, and until then
/// tried again, on whichever node owns it. A receiver that fails is left alone for a while, from a
/// second to five minutes, and delays no other.
notifier_actor::behavior_type notifier(notifier_pointer self, notifier_parts parts);

} // namespace aops::actors
