#pragma once

#include "messages/schedule.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// A schedule as it is stored.
struct stored_schedule {
  int64_t key = 0;
  std::string id, owner, user, name, task;
  std::string expression, zone, missed = "skip";
  bool is_enabled = true;
  std::string vars;    ///< JSON text, or empty.
  int64_t next_ms = 0; ///< 0: it does not fire.
  int64_t created_ms = 0;
};

/// Something to start.
struct due_run {
  int64_t schedule = 0; ///< Key.
  int64_t due_ms = 0;
  std::string id, user, task, vars;
};

/// What became of it.
struct settled_run {
  int64_t schedule = 0, due_ms = 0;
  std::string execution, failure; ///< One of them is empty.
};

/// Keeps schedules of tasks. What is due becomes a row of its own in the transaction that moves the
/// schedule on, and goes when it is known what became of it: so nothing that is due is forgotten,
/// whoever dies.
class schedule_repository {
public:
  explicit schedule_repository(database& db) : db_(db) {}

  static constexpr int64_t most_schedules = 1000; ///< Of an owner.

  /// ec::conflict when the owner has one of this name; ec::bad_request when he has no such task, or
  /// too many schedules. In a transaction.
  expected<void> add(const stored_schedule& x);

  /// Nothing when the owner has none of this id. Locked for a change.
  expected<std::optional<stored_schedule>> find(std::string_view owner, std::string_view id);

  /// Stores what may change. ec::conflict when the name is taken.
  expected<void> update(const stored_schedule& x);

  /// Without `next`, of which only the first is known here.
  expected<schedules_page> page(std::string_view owner, const schedules_query& q);

  /// By id or name; unknown ones are ignored. In a transaction. @returns Schedules deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& schedules);

  /// All of a task, which is going to be deleted. @param task Its key. In a transaction.
  expected<void> remove_of(int64_t task);

  /// Enabled ones whose time has come, the longest due first.
  expected<std::vector<stored_schedule>> due(int64_t now_ms, int64_t most);

  /// Moves a schedule on. @param run_ms Time to run for; nothing: it is passed over.
  /// @returns False when it has moved meanwhile. In a transaction.
  expected<bool> move_on(const stored_schedule& x, std::optional<int64_t> run_ms, int64_t next_ms);

  /// What is to be started, and was not yet.
  expected<std::vector<due_run>> to_start(int64_t most);

  expected<void> settle(const settled_run& x); ///< In a transaction.

private:
  expected<void> remove_one(int64_t key);
  database& db_;
};

} // namespace aops::storage
