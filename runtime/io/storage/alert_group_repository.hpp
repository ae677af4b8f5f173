#pragma once

#include "messages/alerts.hpp"
#include "messages/job_status.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::storage {

/// Alerts that are diagnosed together.
struct diagnosed_group {
  std::string job, owner;
  uint16_t slot = 0;
  int64_t created_ms = 0;
  std::vector<told_alert> alerts;    ///< Each of a host; labels and annotations as they came.
  std::optional<job_status> state{}; ///< Of the job; nothing: there is none yet.
};

/// What the diagnosis of a host found.
struct host_cause {
  std::string host_id, text, report_id;
};

/// How a group is told.
struct group_teller {
  std::span<const base::notify_receiver> receivers;
  /// Whether an alert of ours is known by such labels to those whom we told of it.
  bool (*is_same)(const told_alert& ours, const label_set& theirs);
};

/// Keeps groups of alerts until what was found out about them is told.
class alert_group_repository {
public:
  explicit alert_group_repository(database& db) : db_(db) {}

  /// One that is there stays as it is. In a transaction.
  expected<void> add(const diagnosed_group& x);

  /// Those of these slots, the oldest first.
  expected<std::vector<diagnosed_group>> in_slots(std::span<const uint16_t> slots, int64_t limit);

  /// Puts what was found where it is told: into what receivers are told of our own alerts, which
  /// Alertmanagers hear at once; into rows for Alertmanagers of their own for alerts of other
  /// systems; and into one row for each chat. Then the group goes; told again it changes nothing.
  /// In a transaction.
  expected<void> tell(const diagnosed_group& x,
                      const std::vector<host_cause>& causes,
                      const group_teller& how,
                      int64_t now_ms);

  /// Groups whose job never came.
  expected<int64_t> expire(int64_t before_ms);

private:
  /// @returns Whether it is one of our own; one that has ended is not told of again.
  expected<bool> note_own(const told_alert& x, const group_teller& how, int64_t now_ms);
  expected<bool> is_rule_of_ours(const told_alert& x);
  /// Of the hosts that are there.
  expected<std::map<std::string, uint16_t>> slots_of(const std::vector<told_alert>& alerts);
  database& db_;
};

} // namespace aops::storage
