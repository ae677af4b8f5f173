#include "runtime/io/storage/backup.hpp"
#include "runtime/io/storage/backup_file.hpp"
#include "tests/io/storage/filled_store.hpp"
#include "tests/io/storage/mariadb_store.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace backup_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr auto quiet = [](std::string_view, std::string_view, int64_t) {};
constexpr int64_t now_ms = 1'772'352'900'000;

std::string bytes_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_bytes(const std::string& file, std::string_view bytes) {
  std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

base::secret_bytes a_key() { return base::secret_bytes{std::string(40, 'k')}; }

struct fixture {
  scratch_dir dir;
  std::unique_ptr<database_pool> embedded = ok(open_sqlite({.data_dir = dir.path() + "/from"}));
  database& from = embedded->writer();
  std::string file = dir.path() + "/it.backup";

  std::unique_ptr<database> reader() { return ok(embedded->connect_to_read()); }

  backup_summary back_up(const base::secret_bytes& key = {}) {
    return ok(make_backup(*reader(), file, key, now_ms, quiet));
  }

  std::unique_ptr<database_pool> empty_store(const std::string& name) {
    sqlite_config config;
    config.data_dir = dir.path() + "/" + name;
    config.takes_unfinished_copy = true;
    return ok(open_sqlite(config));
  }
};

std::map<std::string, std::pair<int64_t, std::string>> by_name(const backup_summary& x) {
  std::map<std::string, std::pair<int64_t, std::string>> out;
  for (const auto& table : x.tables)
    out[table.name] = {table.rows, table.digest};
  return out;
}

/// What a backup of this store would say of each table.
auto contents(database_pool& pool, const std::string& file) {
  auto db = ok(pool.connect_to_read());
  auto made = ok(make_backup(*db, file, {}, now_ms, quiet));
  std::filesystem::remove(file);
  return by_name(made);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(backups, fixture)

BOOST_AUTO_TEST_CASE(every_table_comes_back_on_either_engine_from_either_engine) {
  fill(from, 1200); // More than one part of every table.
  auto made = back_up();
  BOOST_TEST(made.tables.size() > 20u);
  BOOST_TEST(by_name(made)["audit_log"].first == 1200);
  mariadb_store server;
  auto restored = ok(restore_backup(file, {}, server.db(), quiet));
  BOOST_TEST((by_name(restored) == by_name(made)));
  BOOST_TEST((contents(server.pool(), dir.path() + "/second") == by_name(made)));
  // And from there to an embedded one.
  auto third = dir.path() + "/third.backup";
  auto db = ok(server.pool().connect_to_read());
  auto again = ok(make_backup(*db, third, {}, now_ms, quiet));
  BOOST_TEST(again.engine == "mariadb");
  auto target = empty_store("to");
  ok(restore_backup(third, {}, target->writer(), quiet));
  BOOST_TEST((contents(*target, dir.path() + "/fourth") == by_name(made)));
}

BOOST_AUTO_TEST_CASE(its_head_tells_what_it_is) {
  back_up();
  auto head = ok(peek_backup(file, {}));
  BOOST_TEST(head.created_ms == now_ms);
  BOOST_TEST(head.engine == "sqlite");
  BOOST_TEST(head.schema == built_in_migrations().back().version);
  BOOST_TEST(!head.is_encrypted);
  struct stat found {};
  BOOST_REQUIRE(::stat(file.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_CASE(it_holds_one_moment_whatever_is_written_meanwhile) {
  ok(from.execute("create table pair_a (n integer primary key, x bigint not null)"));
  ok(from.execute("create table zzz_pair_b (n integer primary key, x bigint not null)"));
  auto add = [&](int64_t x) {
    return transact(from, [&](database& db) -> expected<void> {
      ok(db.run("insert into pair_a (x) values (?)", x));
      ok(db.run("insert into zzz_pair_b (x) values (?)", x));
      return {};
    });
  };
  for (int64_t i = 0; i < 10; ++i)
    ok(add(i));
  // A pair more after each table: one of each pair would be in the backup.
  auto made =
    ok(make_backup(*reader(), file, {}, now_ms, [&](auto, auto, int64_t) { ok(add(99)); }));
  BOOST_TEST(ok(from.count("select count(*) from pair_a")) > 20);
  BOOST_TEST(by_name(made)["pair_a"].first == 10);
  BOOST_TEST(by_name(made)["zzz_pair_b"].first == 10);
}

BOOST_AUTO_TEST_CASE(a_changed_byte_is_found_wherever_it_is) {
  fill(from, 2);
  for (bool is_sealed : {false, true}) {
    std::filesystem::remove(file);
    auto key = is_sealed ? a_key() : base::secret_bytes{};
    back_up(key);
    auto whole = bytes_of(file);
    ok(verify_backup(file, key, quiet));
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 400) {
      auto spoilt = whole;
      spoilt[i] = static_cast<char>(spoilt[i] ^ 0x04);
      write_bytes(file, spoilt);
      BOOST_TEST_CONTEXT("byte " << i << " of " << whole.size() << (is_sealed ? ", sealed" : ""))
      BOOST_TEST(!verify_backup(file, key, quiet).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_end_and_something_after_it_are_found) {
  fill(from, 2);
  for (bool is_sealed : {false, true}) {
    std::filesystem::remove(file);
    auto key = is_sealed ? a_key() : base::secret_bytes{};
    back_up(key);
    auto whole = bytes_of(file);
    for (size_t left : {size_t{0}, size_t{5}, size_t{60}, whole.size() / 2, whole.size() - 1}) {
      write_bytes(file, std::string_view{whole}.substr(0, left));
      BOOST_TEST_CONTEXT(left << " bytes left")
      BOOST_TEST(!verify_backup(file, key, quiet).has_value());
    }
    write_bytes(file, whole + "x");
    BOOST_TEST(failure_of(verify_backup(file, key, quiet)) == ec::corrupt);
  }
}

BOOST_AUTO_TEST_CASE(only_the_key_opens_an_encrypted_one) {
  ok(from.run("insert into content (digest, kind, body) values ('d', 'k', 'find me in the file')"));
  back_up(a_key());
  BOOST_TEST(ok(peek_backup(file, a_key())).is_encrypted);
  ok(verify_backup(file, a_key(), quiet));
  BOOST_TEST(failure_of(verify_backup(file, {}, quiet)) == ec::bad_request);
  base::secret_bytes other{std::string(40, 'o')};
  BOOST_TEST(failure_of(verify_backup(file, other, quiet)) == ec::corrupt);
}

BOOST_AUTO_TEST_CASE(who_has_a_key_believes_none_without) {
  back_up();
  BOOST_TEST(failure_of(verify_backup(file, a_key(), quiet)) == ec::bad_request);
  auto target = empty_store("to");
  BOOST_TEST(failure_of(restore_backup(file, a_key(), target->writer(), quiet)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten) {
  fill(from, 2);
  write_bytes(file, "something else");
  BOOST_TEST(failure_of(make_backup(*reader(), file, {}, now_ms, quiet)) == ec::conflict);
  BOOST_TEST(bytes_of(file) == "something else");
  std::filesystem::remove(file);
  back_up();
  auto target = empty_store("to");
  ok(target->writer().run("insert into content (digest, kind, body) values ('mine', 'k', 'b')"));
  auto refused = restore_backup(file, {}, target->writer(), quiet);
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(ok(target->writer().count("select count(*) from content")) == 1);
}

BOOST_AUTO_TEST_CASE(a_restore_that_was_cut_off_is_no_store_and_can_be_repeated) {
  fill(from, 3);
  back_up();
  auto whole = bytes_of(file);
  write_bytes(file, std::string_view{whole}.substr(0, whole.size() / 2));
  {
    auto target = empty_store("to");
    BOOST_TEST(failure_of(restore_backup(file, {}, target->writer(), quiet)) == ec::corrupt);
  }
  auto opened = open_sqlite({.data_dir = dir.path() + "/to"});
  BOOST_TEST(failure_of(opened) == ec::conflict);
  BOOST_TEST(opened.error().detail.find("aops-node restore") != std::string::npos);
  write_bytes(file, whole);
  {
    auto target = empty_store("to");
    ok(restore_backup(file, {}, target->writer(), quiet));
  }
  ok(open_sqlite({.data_dir = dir.path() + "/to"}));
}

BOOST_AUTO_TEST_CASE(one_that_is_not_wanted_any_more_leaves_nothing) {
  fill(from, 300);
  int asked = 0;
  auto made = make_backup(*reader(), file, {}, now_ms, quiet, [&] { return ++asked < 5; });
  BOOST_TEST(failure_of(made) == ec::cancelled);
  made = {};
  auto left = std::filesystem::directory_iterator{dir.path()};
  for (const auto& entry : left)
    BOOST_TEST(entry.path().string().find(".backup") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_beside_a_running_node_is_read_without_its_lock) {
  fill(from, 2);
  auto db = ok(open_sqlite_beside(dir.path() + "/from"));
  BOOST_TEST(ok(make_backup(*db, file, {}, now_ms, quiet)).tables.size() > 20u);
  BOOST_TEST(!db->run("delete from content").has_value());
  BOOST_TEST(failure_of(open_sqlite_beside(dir.path())) == ec::store_unreachable);
}

BOOST_AUTO_TEST_CASE(an_older_schema_is_restored_and_brought_up_to_date) {
  auto x = back_up();
  x.schema = 3;
  BOOST_TEST(ok(schema_of_backup(x)).back().version == 3);
  x.schema = 4711;
  BOOST_TEST(failure_of(schema_of_backup(x)) == ec::conflict);
}

BOOST_AUTO_TEST_CASE(a_key_file_is_long_and_private) {
  auto key = dir.path() + "/key";
  BOOST_TEST(failure_of(backup_key(key)) == ec::bad_request);
  write_bytes(key, std::string(40, 'k') + "\n");
  ::chmod(key.c_str(), 0644);
  BOOST_TEST(failure_of(backup_key(key)) == ec::bad_request);
  ::chmod(key.c_str(), 0600);
  BOOST_TEST(ok(backup_key(key)).view() == std::string(40, 'k'));
  write_bytes(key, "short\n");
  BOOST_TEST(failure_of(backup_key(key)) == ec::bad_request);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace backup_test
