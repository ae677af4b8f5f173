#include "actors/store/dump_keeper.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/engines.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <filesystem>

namespace aops::actors {

namespace {

namespace fs = std::filesystem;

struct dump_fixture : tests::store_fixture {
  tests::scratch_dir dir;
  std::shared_ptr<base::health> health = std::make_shared<base::health>();

  dump_fixture() {
    settings->retention.dump_directory = dir.path();
    settings->retention.audit_log = base::days(1);
  }
  ~dump_fixture() { end_all(); }

  void start_keeper() {
    start(dump_keeper, dump_parts{store, std::make_shared<inline_executor>(), health});
  }

  void add_records(int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      tests::ok(storage::audit_repository{db()}.append({i, "ada", "", "a", "", 200, ""}));
  }

  int64_t records() { return count("select count(*) from audit_log where time_ms < 100000"); }

  size_t files() {
    return static_cast<size_t>(
      std::distance(fs::directory_iterator{dir.path()}, fs::directory_iterator{}));
  }

  /// Rows in all files.
  size_t dumped() {
    size_t rows = 0;
    for (const auto& file : fs::directory_iterator{dir.path()})
      rows += tests::ok(storage::read_dump(file.path().string())).rows.size();
    return rows;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kept_dumps, dump_fixture)

BOOST_AUTO_TEST_CASE(what_is_too_old_is_in_a_file_before_it_is_gone) {
  add_records(30);
  start_keeper();
  pass(1s);
  BOOST_TEST(records() == 30);
  pass(10s);
  BOOST_TEST(records() == 0);
  BOOST_TEST(dumped() == 30u);
  BOOST_TEST(files() == 1u);
  pass(10min);
  BOOST_TEST(files() == 1u);
  BOOST_TEST(health->problems().empty());
}

BOOST_AUTO_TEST_CASE(many_leave_in_portions) {
  add_records(4500);
  start_keeper();
  pass(11s);
  BOOST_TEST(records() == 0);
  BOOST_TEST(dumped() == 4500u);
  BOOST_TEST(files() == 3u);
}

BOOST_AUTO_TEST_CASE(samples_are_dumped_only_where_it_is_wanted) {
  auto host = add_host("h1");
  storage::sample_repository samples{db()};
  tests::ok(samples.save_samples(host.host_id, {{1000, "a"}, {2000, "b"}}));
  tests::ok(storage::sample_archive{db()}.compact(2 * storage::sample_archive::chunk_ms));
  auto stored = [&] { return count("select count(*) from sample_chunk"); };
  BOOST_REQUIRE(stored() == 1);
  start_keeper();
  pass(11s);
  BOOST_TEST(stored() == 1);
  settings->retention.dump_samples = true;
  pass(1min);
  BOOST_TEST(stored() == 0);
  BOOST_TEST(dumped() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_is_deleted_while_no_file_can_be_written) {
  add_records(30);
  fs::remove(dir.path());
  start_keeper();
  pass(11s);
  BOOST_TEST(records() == 30);
  BOOST_REQUIRE(health->problems().size() == 1u);
  BOOST_TEST(health->problems()[0].find("dump: ") == 0u);
  BOOST_TEST(log.text().find("dump-failed") != std::string::npos);
  fs::create_directory(dir.path());
  pass(1min);
  BOOST_TEST(records() == 0);
  BOOST_TEST(dumped() == 30u);
  BOOST_TEST(health->problems().empty());
}

BOOST_AUTO_TEST_CASE(who_leads_no_more_is_well_again) {
  auto leads = std::make_shared<bool>(true);
  auto mine = std::make_shared<store_access>(*store);
  mine->leader_epoch = [leads]() -> std::optional<uint64_t> {
    return *leads ? std::optional<uint64_t>{0} : std::nullopt;
  };
  add_records(30);
  fs::remove(dir.path());
  start(dump_keeper, dump_parts{mine, std::make_shared<inline_executor>(), health});
  pass(11s);
  BOOST_TEST(health->problems().size() == 1u);
  *leads = false;
  pass(1min);
  BOOST_TEST(health->problems().empty());
  fs::create_directory(dir.path());
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_read_back_keeps_its_rows) {
  add_records(30);
  tests::ok(storage::dump_repository{db()}.begin(storage::dumped_audit(), "abcd"));
  auto file = dir.path() + "/" + storage::dump_name("audit", "abcd", 1);
  tests::ok(storage::write_dump(file, {"audit", "abcd", 7, 0, {}})); // Another one's.
  start_keeper();
  pass(11s);
  BOOST_TEST(records() == 30);
  BOOST_TEST(!health->problems().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
