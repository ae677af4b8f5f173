#include "runtime/io/storage/sqlite_database.hpp"
#include "runtime/io/storage/wal_checkpointer.hpp"
#include "tests/io/storage/engines.hpp"

#include <fstream>
#include <sys/stat.h>

namespace sqlite_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

sqlite_config config_in(const std::string& dir) {
  sqlite_config config;
  config.data_dir = dir;
  config.busy = std::chrono::milliseconds{20};
  return config;
}

int mode_of(const std::string& path) {
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

std::unique_ptr<sqlite_database> connect(const std::string& file) {
  sqlite_options options;
  options.busy = std::chrono::milliseconds{20};
  return ok(sqlite_database::open("file:" + file, options));
}

} // namespace

BOOST_AUTO_TEST_SUITE(sqlite_engine)

BOOST_AUTO_TEST_CASE(statements_are_prepared_once) {
  scratch_dir dir;
  auto pool = ok(open_sqlite(config_in(dir.path())));
  auto db = connect(dir.path() + "/aops.db");
  auto before = db->statements().size();
  for (int i = 0; i < 10; ++i)
    ok(db->count("select count(*) from host where owner = ?", i));
  BOOST_TEST(db->statements().size() == before + 1);
  BOOST_TEST(db->statements().hits() >= 9u);
}

BOOST_AUTO_TEST_CASE(the_statement_cache_is_bounded_and_drops_the_least_used) {
  scratch_dir dir;
  auto pool = ok(open_sqlite(config_in(dir.path())));
  auto db = connect(dir.path() + "/aops.db");
  auto often = [&] { return ok(db->count("select 0")); };
  for (int i = 1; i < 1000; ++i) {
    ok(db->count("select " + std::to_string(i)));
    often();
  }
  BOOST_TEST(db->statements().size() == sqlite_statements::most);
  auto hits = db->statements().hits();
  often();
  BOOST_TEST(db->statements().hits() == hits + 1);
}

BOOST_AUTO_TEST_CASE(a_data_directory_serves_one_node) {
  scratch_dir dir;
  auto config = config_in(dir.path() + "/made/here");
  auto first = ok(open_sqlite(config));
  auto second = open_sqlite(config);
  BOOST_TEST(failure_of(second) == ec::conflict);
  BOOST_TEST(second.error().detail == "data directory " + config.data_dir +
                                        " is in use by process " + std::to_string(::getpid()));
  first.reset();
  ok(open_sqlite(config));
}

BOOST_AUTO_TEST_CASE(only_its_user_may_read_the_store) {
  scratch_dir dir;
  auto data = dir.path() + "/data";
  auto before = ::umask(0);
  auto pool = ok(open_sqlite(config_in(data)));
  ok(pool->writer().execute("update meta set version = 2"));
  ::umask(before);
  BOOST_TEST(mode_of(data) == 0700);
  for (auto name : {"/aops.db", "/aops.db-wal", "/aops.db-shm", "/aops.lock"})
    BOOST_TEST(mode_of(data + name) == 0600);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_by_name) {
  scratch_dir dir;
  std::ofstream{dir.path() + "/aops.db"} << std::string(8192, 'x');
  auto opened = open_sqlite(config_in(dir.path()));
  BOOST_TEST(failure_of(opened) == ec::store_unreachable);
  BOOST_TEST(opened.error().detail.find("aops.db") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_refused) {
  scratch_dir dir;
  std::ofstream{dir.path() + "/file"} << "x";
  BOOST_TEST(failure_of(open_sqlite(config_in(dir.path() + "/file/data"))) ==
             ec::store_unreachable);
}

BOOST_AUTO_TEST_CASE(odd_characters_in_the_path_are_no_options) {
  scratch_dir dir;
  auto pool = ok(open_sqlite(config_in(dir.path() + "/a?mode=ro#b %20ä")));
  ok(pool->writer().execute("update meta set version = 2"));
  ok(pool->read());
}

BOOST_AUTO_TEST_CASE(a_writer_that_finds_the_lock_taken_is_overloaded) {
  scratch_dir dir;
  auto pool = ok(open_sqlite(config_in(dir.path())));
  auto other = connect(dir.path() + "/aops.db");
  ok(other->begin());
  BOOST_TEST(failure_of(pool->writer().begin()) == ec::overloaded);
  other->rollback();
  ok(pool->writer().begin());
  pool->writer().rollback();
}

BOOST_AUTO_TEST_CASE(a_reader_keeps_its_view_while_others_write) {
  scratch_dir dir;
  auto pool = ok(open_sqlite(config_in(dir.path())));
  auto reader = ok(pool->read());
  ok(reader->begin());
  auto before = ok(reader->count("select version from meta where name = 'hosts'"));
  ok(pool->writer().run("update meta set version = version + 1"));
  BOOST_TEST(ok(reader->count("select version from meta where name = 'hosts'")) == before);
  ok(reader->commit());
  BOOST_TEST(ok(reader->count("select version from meta where name = 'hosts'")) == before + 1);
}

BOOST_AUTO_TEST_CASE(everything_is_there_after_opening_again) {
  scratch_dir dir;
  {
    auto pool = ok(open_sqlite(config_in(dir.path())));
    ok(pool->writer().run("update meta set version = 77 where name = 'rules'"));
  }
  auto pool = ok(open_sqlite(config_in(dir.path())));
  BOOST_TEST(ok(pool->writer().count("select version from meta where name = 'rules'")) == 77);
  BOOST_TEST(pool->bytes_stored() > 0);
}

BOOST_AUTO_TEST_CASE(writers_wait_while_the_log_is_too_large) {
  scratch_dir dir;
  auto config = config_in(dir.path());
  config.checkpoint_bytes = 64 << 10;
  config.most_wal_bytes = 256 << 10;
  auto pool = ok(open_sqlite(config));
  auto& db = pool->writer();
  ok(db.execute("create table bulk (body blob)"));
  const std::string body(200 << 10, 'x');
  auto write = [&] {
    return transact(db,
                    [&](database& d) { return d.run("insert into bulk values (?)", blob{body}); });
  };
  // A reader that stays keeps the log from starting anew.
  auto reader = ok(pool->read());
  ok(reader->begin());
  ok(reader->count("select count(*) from bulk"));
  expected<int64_t> last = 0;
  for (int i = 0; i < 100 && last; ++i)
    last = write();
  BOOST_TEST(failure_of(last) == ec::overloaded);
  ok(reader->commit());
  // The checkpoint thread empties the log in its own time.
  for (int i = 0; i < 500 && !last; ++i)
    last = write();
  BOOST_TEST(last.has_value());
}

BOOST_AUTO_TEST_CASE(a_busy_log_stays_small_by_itself) {
  scratch_dir dir;
  auto config = config_in(dir.path());
  config.busy = std::chrono::seconds{5};
  config.checkpoint_bytes = 256 << 10;
  config.most_wal_bytes = 4 << 20;
  auto pool = ok(open_sqlite(config));
  auto& db = pool->writer();
  ok(db.execute("create table bulk (body blob)"));
  const std::string body(100 << 10, 'x');
  for (int i = 0; i < 300; ++i)
    ok(transact(db, [&](database& d) { return d.run("insert into bulk values (?)", blob{body}); }));
  BOOST_TEST(std::filesystem::file_size(dir.path() + "/aops.db-wal") <= 5u << 20);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace sqlite_test
