#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/upkeep.hpp"
#include "runtime/base/time_text.hpp"

#include <atomic>
#include <filesystem>

namespace aops::actors {

/// What the keeper works with.
struct backup_parts {
  store_ptr store;
  std::shared_ptr<executor> worker; ///< Where a backup is written; it takes minutes.
  /// Minutes from midnight by the machine's clock.
  std::function<int(int64_t now_ms)> minute_of_day = base::local_minute_of_day;
};

struct backup_keeper_state {
  explicit backup_keeper_state() = default;
  static inline const char* name = backup_keeper_name.data();
  backup_parts parts;
  base::daily_window window;
  bool is_working = false;
  /// Tells a backup that is being written that nobody wants it any more.
  std::shared_ptr<std::atomic<bool>> is_over = std::make_shared<std::atomic<bool>>(false);
  ~backup_keeper_state() { *is_over = true; }
  int64_t failed_in_ms = -1; ///< The window in which one failed: it is tried again in the next.
  std::string last_failure;
};

/// Writes a backup into `backup.directory` once in each `backup.window`, on the node that leads,
/// and whenever it is told to, and deletes those that are older than `backup.keep`, but never the
/// newest.
backup_keeper_actor::behavior_type
backup_keeper(backup_keeper_actor::stateful_pointer<checked_state<backup_keeper_state>> self,
              backup_parts parts);

/// A backup in a directory of them.
struct kept_backup {
  std::filesystem::path file;
  int64_t created_ms = 0;
};

/// `aops-20260301T081500Z.backup` in this directory.
std::filesystem::path backup_path(const std::string& directory, int64_t created_ms);

/// Those of a directory, the oldest first. Other files are not looked at.
std::vector<kept_backup> list_backups(const std::string& directory);

} // namespace aops::actors
