#include "runtime/io/storage/store_copy.hpp"
#include "tests/io/storage/filled_store.hpp"
#include "tests/io/storage/mariadb_store.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace store_copy_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

struct fixture {
  scratch_dir dir;
  std::unique_ptr<database_pool> source = ok(open_sqlite(config()));
  mariadb_store it;
  database& from = source->writer();
  database& to = it.db();
  static constexpr auto quiet = [](std::string_view, std::string_view, int64_t) {};

  sqlite_config config() {
    sqlite_config out;
    out.data_dir = dir.path();
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(copying_a_store, fixture)

BOOST_AUTO_TEST_CASE(both_engines_tell_the_same_tables_each_after_those_it_refers_to) {
  auto tables = ok(store_tables(from));
  BOOST_TEST((tables == ok(store_tables(to))));
  std::set<std::string> seen;
  for (const auto& table : tables) {
    auto parents = ok(from.list(
      "select \"table\" from pragma_foreign_key_list(?)",
      [](const row& r) { return r.string(0); },
      table.name));
    for (const auto& parent : parents)
      BOOST_TEST_CONTEXT(table.name) BOOST_TEST(seen.contains(parent));
    seen.insert(table.name);
  }
  auto real =
    ok(from.list("select name from sqlite_master where type = 'table' and name not like 'sqlite%' "
                 "and name <> 'schema_version'",
                 [](const row& r) { return r.string(0); }));
  BOOST_TEST(seen == (std::set<std::string>{real.begin(), real.end()}),
             boost::test_tools::per_element());
  auto unit =
    std::find_if(tables.begin(), tables.end(), [](const auto& x) { return x.name == "job_unit"; });
  BOOST_REQUIRE(unit != tables.end());
  BOOST_TEST(unit->keys == 2u);
  BOOST_TEST(unit->columns.at(0).name == "job");
  BOOST_TEST(unit->columns.at(1).name == "unit");
}

BOOST_AUTO_TEST_CASE(a_table_that_only_a_migration_knows_is_copied_too) {
  for (auto* db : {&from, &to})
    ok(
      db->execute(db->sql().define("create table aaa_extra (name varchar(20) not null, host bigint "
                                   "not null, body longblob not null, primary key (host, name), "
                                   "foreign key (host) references host (n)) ${clustered}")));
  fill(from, 3); // Its rows, too.
  ok(copy_store(from, to, quiet));
  BOOST_TEST(ok(to.count("select count(*) from aaa_extra")) == 3);
  ok(from.execute("alter table aaa_extra add column more bigint not null default 0"));
  BOOST_TEST(failure_of(copy_store(from, to, quiet)) == ec::conflict); // The schemas differ.
  ok(to.execute("drop table aaa_extra"));
}

BOOST_AUTO_TEST_CASE(every_row_arrives_with_its_keys) {
  fill(from, 1200); // More than one part of every table.
  auto tables = ok(copy_store(from, to, quiet));
  std::map<std::string, int64_t> rows;
  for (const auto& x : tables)
    rows[x.name] = x.rows;
  for (const auto& table : ok(store_tables(from))) {
    auto expected = ok(from.count("select count(*) from " + table.name));
    BOOST_TEST_CONTEXT(table.name) {
      BOOST_TEST(rows[table.name] == (table.is_copied ? expected : 0));
      if (!table.is_filled)
        BOOST_TEST(expected == 1200);
    }
  }
  BOOST_TEST(ok(to.count("select count(*) from node")) == 0);
  BOOST_TEST(ok(to.count("select count(*) from slot where node = '' and target = '' and "
                         "epoch = slot + 3 and seq = 9")) == 256);
  BOOST_TEST(ok(to.count("select count(*) from lease where holder = '' and epoch = 7 and "
                         "until_ms = 0")) == 1);
  BOOST_TEST(ok(to.count("select version from meta where name = 'rules'")) == 40);
  ok(to.run("insert into content (digest, kind, body) values ('new', 'k', 'b')"));
  BOOST_TEST(to.last_id() > 1200);
  BOOST_TEST(!ok(is_copy_unfinished(to)));
}

BOOST_AUTO_TEST_CASE(a_store_with_rows_is_refused_and_left_alone) {
  fill(from, 2);
  ok(to.run("insert into content (digest, kind, body) values ('mine', 'k', 'b')"));
  auto refused = copy_store(from, to, quiet);
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail.find("content") != std::string::npos);
  BOOST_TEST(ok(to.count("select count(*) from content where digest = 'mine'")) == 1);
}

BOOST_AUTO_TEST_CASE(a_difference_is_found_and_named) {
  fill(from, 3);
  bool is_changed = false;
  auto spoil = [&](std::string_view step, std::string_view, int64_t) {
    if (step == "verified" && !std::exchange(is_changed, true))
      ok(to.run("update host set name = 'another' where n = 2"));
  };
  auto failed = copy_store(from, to, spoil);
  BOOST_TEST(failure_of(failed) == ec::corrupt);
  BOOST_TEST(failed.error().detail.find("table host, key 2") != std::string::npos);
  // It is not taken for a store, until another copy has succeeded.
  BOOST_TEST(ok(is_copy_unfinished(to)));
  auto opened = open_mariadb(it.config());
  BOOST_TEST(failure_of(opened) == ec::conflict);
  BOOST_TEST(opened.error().detail.find("aops-node migrate") != std::string::npos);
  ok(copy_store(from, to, quiet));
  ok(open_mariadb(it.config()));
  BOOST_TEST(ok(to.count("select count(*) from host where name = 'another'")) == 0);
}

BOOST_AUTO_TEST_CASE(a_missing_and_an_additional_row_are_found) {
  fill(from, 3);
  for (bool is_missing : {true, false}) {
    bool is_changed = false;
    auto spoil = [&](std::string_view step, std::string_view, int64_t) {
      if (step != "verified" || std::exchange(is_changed, true))
        return;
      if (is_missing)
        ok(to.run("delete from audit_log where n = 3"));
      else
        ok(to.run("insert into audit_log select 4, time_ms, username, address, action, entity, "
                  "code, detail, owner, kind, seq, digest from audit_log where n = 3"));
    };
    auto failed = copy_store(from, to, spoil);
    BOOST_TEST(failure_of(failed) == ec::corrupt);
    std::string key = is_missing ? "table audit_log, key 3" : "table audit_log, key 4";
    BOOST_TEST(failed.error().detail.find(key) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace store_copy_test
