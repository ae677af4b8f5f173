#include "actors/store/backup_keeper.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/io/storage/backup.hpp"
#include "runtime/io/storage/backup_file.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

namespace fs = std::filesystem;
using backup_keeper_self =
  backup_keeper_actor::stateful_pointer<checked_state<backup_keeper_state>>;

constexpr std::chrono::seconds look_at_backups_every{10};
constexpr std::string_view prefix = "aops-", suffix = ".backup";

/// Deletes what is too old; the newest stays, however old.
void rotate(const std::string& directory, int64_t before_ms) {
  auto all = list_backups(directory);
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].created_ms >= before_ms)
      continue;
    std::error_code failed;
    fs::remove(all[i].file, failed);
    if (failed)
      log::warn(
        "backup-not-deleted", "{} cannot be deleted: {}", all[i].file.string(), failed.message());
    else
      log::info("backup-deleted", "{} is older than backup.keep", all[i].file.string());
  }
}

expected<storage::backup_summary> write_one(const store_access& store,
                                            const std::string& file,
                                            const std::function<bool()>& goes_on) {
  const auto& config = store.config->backup;
  auto key = config.key_file.empty() ? base::secret_bytes{} : storage::backup_key(config.key_file);
  if (!key)
    return fail(std::move(key.error()));
  auto db = store.pool->connect_to_read();
  if (!db)
    return fail(std::move(db.error()));
  return storage::make_backup(
    **db, file, *key, store.now_ms(), [](std::string_view, std::string_view, int64_t) {}, goes_on);
}

/// Runs on the worker, where it may block. @returns Why it did not go well; empty when it did.
std::string
back_up(const store_access& store, const fs::path& file, const std::function<bool()>& goes_on) {
  static auto last = metrics::gauge_of("aops_backup_last_success_timestamp_seconds",
                                       "When this node last wrote a backup; 0: not since it runs.");
  static auto failures =
    metrics::counter_of("aops_backup_failures_total", "Backups that could not be written.");
  const auto& config = store.config->backup;
  auto made = write_one(store, file, goes_on);
  if (!made && made.error() == ec::cancelled)
    return "the node stopped";
  if (!made) {
    failures.add();
    log::error("backup-failed", "{}: {}", file.string(), to_string(made.error()));
    return to_string(made.error());
  }
  int64_t rows = 0;
  for (const auto& table : made->tables)
    rows += table.rows;
  log::info("backup-written", "{}: {} rows", file.string(), rows);
  last.set(static_cast<double>(made->created_ms) / 1000);
  rotate(config.directory, store.now_ms() - config.keep.ms);
  return {};
}

/// When the window began that a backup is due in; -1: none is.
int64_t due_since(const backup_keeper_state& st) {
  const auto& store = *st.parts.store;
  if (st.is_working || !store.leader_epoch())
    return -1;
  auto now = store.now_ms();
  auto began = st.window.began_ms(now, st.parts.minute_of_day(now));
  if (began < 0 || began == st.failed_in_ms)
    return -1;
  auto all = list_backups(store.config->backup.directory);
  return all.empty() || all.back().created_ms < began ? began : -1;
}

/// Tells the keeper once that the work has ended, also when it was dropped.
class work_end {
public:
  explicit work_end(backup_keeper_actor whom) : whom_(std::move(whom)) {}
  ~work_end() { caf::anon_send(whom_, atom::done_v, failure); }
  work_end(const work_end&) = delete;
  work_end& operator=(const work_end&) = delete;
  std::string failure = "it was dropped";

private:
  backup_keeper_actor whom_;
};

/// @returns The file it will be.
fs::path begin(backup_keeper_self self) {
  auto& st = self->state;
  st.is_working = true;
  auto file = backup_path(st.parts.store->config->backup.directory, st.parts.store->now_ms());
  auto end = std::make_shared<work_end>(caf::actor_cast<backup_keeper_actor>(self));
  (void)st.parts.worker->post([end, file, store = st.parts.store, is_over = st.is_over] {
    end->failure = back_up(*store, file, [&] { return !*is_over; });
  });
  return file;
}

void look(backup_keeper_self self) {
  auto began = due_since(self->state);
  if (began < 0)
    return;
  self->state.failed_in_ms = began; // Unless it goes well.
  begin(self);
}

node_backups kept(const backup_keeper_state& st) {
  const auto& config = st.parts.store->config->backup;
  node_backups out;
  out.directory = config.directory;
  out.window = config.window;
  out.is_writing = st.is_working;
  out.last_failure = st.last_failure;
  for (const auto& one : list_backups(config.directory)) {
    std::error_code failed;
    auto size = fs::file_size(one.file, failed);
    out.backups.push_back(
      {one.file.string(), {one.created_ms}, failed ? 0 : static_cast<int64_t>(size)});
  }
  return out;
}

} // namespace

fs::path backup_path(const std::string& directory, int64_t created_ms) {
  return fs::path{directory} /
         (std::string{prefix} + base::compact_utc(created_ms) + std::string{suffix});
}

std::vector<kept_backup> list_backups(const std::string& directory) {
  std::vector<kept_backup> out;
  std::error_code failed;
  for (fs::directory_iterator it{directory, failed}, end; !failed && it != end;
       it.increment(failed)) {
    auto name = it->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
        name.size() <= prefix.size() + suffix.size())
      continue;
    auto time =
      std::string_view{name}.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    if (auto created = base::parse_compact_utc(time))
      out.push_back({it->path(), *created});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.created_ms < b.created_ms;
  });
  return out;
}

backup_keeper_actor::behavior_type backup_keeper(backup_keeper_self self, backup_parts parts) {
  prepare(self);
  auto& st = self->state;
  st.parts = std::move(parts);
  if (auto window = base::parse_daily_window(st.parts.store->config->backup.window))
    st.window = *window;
  self->delayed_send(self, look_at_backups_every, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, look_at_backups_every, atom::tick_v);
      look(self);
    },
    [self](atom::done, const std::string& failure) {
      auto& st = self->state;
      st.is_working = false;
      st.last_failure = failure;
      if (failure.empty())
        st.failed_in_ms = -1;
    },
    [self](const node_backups_query&) { return kept(self->state); },
    [self](const backup_to_start&) -> caf::result<backup_started> {
      if (self->state.is_working)
        return refuse(ec::overloaded, "a backup is being written");
      return backup_started{{}, begin(self).string()};
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
