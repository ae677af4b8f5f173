#include "actors/store/backup_keeper.hpp"
#include "runtime/io/storage/backup.hpp"
#include "tests/io/storage/engines.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <fstream>

namespace aops::actors {

namespace {

/// Keeps what it is given until it is told to work.
class held_executor final : public executor {
public:
  bool post(std::function<void()> task) override {
    tasks.push_back(std::move(task));
    return true;
  }
  void queue(base::ticket, job) override {}
  void work() {
    for (auto& task : std::exchange(tasks, {}))
      task();
  }
  std::vector<std::function<void()>> tasks;
};

struct backup_fixture : tests::store_fixture {
  tests::scratch_dir dir;

  backup_fixture() {
    settings->backup.directory = dir.path();
    settings->backup.window = "02:00-04:00";
  }
  ~backup_fixture() { end_all(); }

  static int minute_of_day(int64_t ms) { return static_cast<int>(ms / 60'000 % (24 * 60)); }

  void start_keeper(std::shared_ptr<executor> worker = std::make_shared<inline_executor>()) {
    pass_to(60);
    start(backup_keeper, backup_parts{store, std::move(worker), minute_of_day});
  }

  /// Time goes on to this minute of the day, or the next day's.
  void pass_to(int to) {
    pass(std::chrono::minutes{(to - minute_of_day(now->now_ms()) + 24 * 60) % (24 * 60)});
  }

  size_t backups() { return list_backups(dir.path()).size(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(scheduled_backups, backup_fixture)

BOOST_AUTO_TEST_CASE(one_is_written_in_each_window_and_none_outside) {
  start_keeper();
  pass_to(110);
  BOOST_TEST(backups() == 0u);
  pass_to(125);
  BOOST_TEST(backups() == 1u);
  auto first = list_backups(dir.path()).back();
  BOOST_TEST(tests::ok(storage::verify_backup(first.file.string(), {}, [](auto, auto, int64_t) {}))
               .tables.size() > 20u);
  pass_to(200); // The same window.
  BOOST_TEST(backups() == 1u);
  pass_to(300);
  BOOST_TEST(backups() == 1u);
  pass_to(130); // The next night.
  BOOST_TEST(backups() == 2u);
}

BOOST_AUTO_TEST_CASE(one_is_written_when_it_is_told_to_and_one_at_a_time) {
  auto worker = std::make_shared<held_executor>();
  pass_to(60);
  auto keeper = start(backup_keeper, backup_parts{store, worker, minute_of_day});
  auto begun = ask<backup_started>(keeper, backup_to_start{});
  BOOST_REQUIRE(begun);
  BOOST_TEST(ask<node_backups>(keeper, node_backups_query{})->is_writing);
  auto second = ask<backup_started>(keeper, backup_to_start{});
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error() == ec::overloaded));
  worker->work();
  pass(std::chrono::seconds{1});
  auto kept = ask<node_backups>(keeper, node_backups_query{});
  BOOST_REQUIRE(kept);
  BOOST_TEST(!kept->is_writing);
  BOOST_TEST(kept->last_failure.empty());
  BOOST_REQUIRE(kept->backups.size() == 1u);
  BOOST_TEST(kept->backups[0].file == begun->file);
  BOOST_TEST(kept->backups[0].bytes > 0);
}

BOOST_AUTO_TEST_CASE(old_ones_go_but_the_newest_never) {
  settings->backup.keep = base::days(7);
  auto put = [&](int64_t days_ago) {
    auto file = backup_path(dir.path(), now->now_ms() - days_ago * 86'400'000);
    std::ofstream{file} << "old";
    return file;
  };
  auto old = put(8), fresh = put(3);
  std::ofstream{dir.path() + "/notes.txt"} << "mine";
  start_keeper();
  pass_to(125);
  BOOST_TEST(!std::filesystem::exists(old));
  BOOST_TEST(std::filesystem::exists(fresh));
  BOOST_TEST(std::filesystem::exists(dir.path() + "/notes.txt"));
  BOOST_TEST(backups() == 2u);
}

BOOST_AUTO_TEST_CASE(one_that_fails_is_tried_again_in_the_next_window_and_leaves_the_old) {
  settings->backup.key_file = dir.path() + "/no-key";
  auto kept = backup_path(dir.path(), now->now_ms() - 30 * int64_t{86'400'000});
  std::ofstream{kept} << "old";
  start_keeper();
  pass_to(125);
  BOOST_TEST(backups() == 1u);
  BOOST_TEST(std::filesystem::exists(kept));
  settings->backup.key_file.clear();
  pass_to(180);
  BOOST_TEST(backups() == 1u); // Still the same window.
  pass_to(300);
  pass_to(125);
  BOOST_TEST(!std::filesystem::exists(kept));
  BOOST_TEST(backups() == 1u);
}

BOOST_AUTO_TEST_CASE(only_the_node_that_leads_writes) {
  auto leads = std::make_shared<bool>(false);
  auto mine = std::make_shared<store_access>(*store);
  mine->leader_epoch = [leads] { return *leads ? std::optional<uint64_t>{7} : std::nullopt; };
  store = mine;
  start_keeper();
  pass_to(125);
  BOOST_TEST(backups() == 0u);
  *leads = true;
  pass_to(127);
  BOOST_TEST(backups() == 1u);
}

BOOST_AUTO_TEST_CASE(one_at_a_time_and_none_after_the_end) {
  auto worker = std::make_shared<held_executor>();
  start_keeper(worker);
  pass_to(125);
  BOOST_TEST(worker->tasks.size() == 1u);
  pass_to(130);
  BOOST_TEST(worker->tasks.size() == 1u);
  end_all();
  worker->work(); // What nobody wants any more leaves nothing.
  BOOST_TEST(backups() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
