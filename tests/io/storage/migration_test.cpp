#include "runtime/io/storage/migration.hpp"
#include "tests/io/storage/engines.hpp"

namespace migration_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

/// The built-in steps and more.
std::vector<migration> steps_and(std::vector<migration> more) {
  auto built_in = built_in_migrations();
  std::vector<migration> out{built_in.begin(), built_in.end()};
  for (auto& step : more) {
    step.version = out.back().version + 1;
    out.push_back(step);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(migrations)

BOOST_AUTO_TEST_CASE(built_in_steps_are_in_the_order_of_their_numbers) {
  int64_t version = 0;
  for (const auto& step : built_in_migrations()) {
    BOOST_TEST(step.version > version);
    version = step.version;
    BOOST_TEST(!step.name.empty());
    BOOST_TEST(!statements_of(step.sql).empty());
  }
  BOOST_TEST(version >= 1);
}

BOOST_AUTO_TEST_CASE(statements_end_with_a_semicolon_at_the_end_of_a_line) {
  auto statements = statements_of("-- A comment; with a semicolon.\n"
                                  "create table t (\n  a int -- not here\n);\n\n"
                                  "insert into t values ('a;b');\r\n  \n"
                                  "select 1");
  BOOST_REQUIRE(statements.size() == 3);
  BOOST_TEST(statements[0] == "create table t (\na int -- not here\n)");
  BOOST_TEST(statements[1] == "insert into t values ('a;b')");
  BOOST_TEST(statements[2] == "select 1");
}

STORE_CASE(a_new_store_has_the_schema_of_today) {
  BOOST_TEST(ok(schema_version(it.db())) == built_in_migrations().back().version);
  BOOST_TEST(ok(it.db().count("select count(*) from slot where epoch = 1")) == 256);
  BOOST_TEST(ok(it.db().count("select min(slot) + max(slot) from slot")) == 255);
}

STORE_CASE(migrating_again_changes_nothing) {
  auto before = ok(it.db().count("select count(*) from schema_version"));
  BOOST_TEST(ok(migrate(it.db())) == built_in_migrations().back().version);
  BOOST_TEST(ok(it.db().count("select count(*) from schema_version")) == before);
}

STORE_CASE(only_missing_steps_are_applied_in_order) {
  auto steps =
    steps_and({{0, "one", "create table extra (a bigint);\ninsert into extra values (1);"},
               {0, "two", "update extra set a = a + 1;"}});
  BOOST_TEST(ok(migrate(it.db(), steps)) == steps.back().version);
  BOOST_TEST(ok(it.db().count("select a from extra")) == 2);
  BOOST_TEST(ok(migrate(it.db(), steps)) == steps.back().version);
  BOOST_TEST(ok(it.db().count("select a from extra")) == 2);
}

STORE_CASE(a_newer_schema_is_refused_and_the_text_says_both_versions) {
  auto steps = steps_and({{0, "future", "create table future (a bigint);"}});
  ok(migrate(it.db(), steps));
  auto refused = migrate(it.db());
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail.find("version " + std::to_string(steps.back().version)) !=
             std::string::npos);
  BOOST_TEST(refused.error().detail.find("up to " + std::to_string(steps.back().version - 1)) !=
             std::string::npos);
}

STORE_CASE(a_schema_of_other_steps_is_refused) {
  ok(it.db().run("update schema_version set name = 'initial' where version = 1"));
  auto refused = migrate(it.db());
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail.find("initial") != std::string::npos);
  ok(it.db().run("update schema_version set name = ? where version = 1",
                 built_in_migrations().front().name));
  ok(migrate(it.db()));
}

STORE_CASE(a_step_that_fails_is_named_and_stays_undone) {
  auto steps =
    steps_and({{0, "good", "create table good (a bigint);"},
               {0, "bad", "insert into good values (1);\ninsert into nowhere values (1);"}});
  auto failed = migrate(it.db(), steps);
  BOOST_REQUIRE(!failed);
  BOOST_TEST(failed.error().detail.find("(bad)") != std::string::npos);
  BOOST_TEST(ok(schema_version(it.db())) == steps.back().version - 1);
  BOOST_TEST(ok(it.db().count("select count(*) from good")) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace migration_test
