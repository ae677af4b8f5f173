#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/job_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/faulty_database.hpp"
#include "tests/io/storage/samples.hpp"

namespace retention_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

void add_job(database& db, int64_t n, const std::string& state, int64_t created_ms, int reports) {
  ok(
    db.run("insert into job (n, id, kind, owner, username, slot, state, epoch, expected, finished, "
           "failed, last_number, stored, created_ms, deadline_ms, plan_version, plan) values (?, "
           "?, 'diag', 'ann', 'ann', 1, ?, 1, ?, ?, 0, ?, ?, ?, 0, 1, '{}')",
           n,
           "job-" + std::to_string(n),
           state,
           reports,
           reports,
           reports,
           reports,
           created_ms));
  ok(db.run("insert into job_tree (job, position, tree_name, content) values (?, 0, 't', 1)", n));
  for (int i = 1; i <= reports; ++i) {
    auto key = n * 10'000 + i;
    ok(db.run("insert into job_unit (job, unit, state, attempts) values (?, ?, 'done', 1)", n, i));
    ok(db.run("insert into report (n, report_id, job, number, owner, host_id, tree_name, tree, "
              "start_ms, end_ms) values (?, ?, ?, ?, 'ann', 'h', 't', 1, 0, 1)",
              key,
              "r-" + std::to_string(key),
              n,
              i));
    ok(db.run("insert into report_body (report, node_values, detail, content_hash, error) values "
              "(?, ?, '{}', '', '')",
              key,
              blob{"\x01"}));
  }
}

template <class Step>
std::vector<int64_t> in_portions(database& db, Step step) {
  std::vector<int64_t> out;
  for (;;) {
    auto n = ok(transact(db, [&](database& to) { return step(to); }));
    if (n == 0)
      return out;
    out.push_back(n);
  }
}

int64_t rows(database& db, const std::string& table) {
  return ok(db.count("select count(*) from " + table));
}

} // namespace

BOOST_AUTO_TEST_SUITE(retention)

STORE_CASE(a_step_looks_at_the_oldest_jobs_only) {
  // By an index in their order: a step over all of them would stop the writer for long.
  auto plan = std::string{};
  faulty_database watched{it.db()};
  watched.before_query = [&](std::string_view query) {
    if (query.find("created_ms <") != query.npos)
      plan = query;
  };
  ok(transact(static_cast<database&>(watched),
              [](database& to) { return job_archive{to}.expire(300); }));
  BOOST_TEST(plan.find("job_created") != std::string::npos, plan);
}

STORE_CASE(jobs_that_ended_long_ago_go_with_what_they_found_in_portions) {
  auto& db = it.db();
  ok(transact(db, [&](database& to) -> expected<void> {
    add_job(to, 1, "done", 100, 1200);
    add_job(to, 2, "cancelled", 200, 3);
    add_job(to, 3, "running", 100, 2); // Has not ended.
    add_job(to, 4, "interrupted", 100, 2);
    add_job(to, 5, "done", 300, 2); // Young.
    return {};
  }));
  auto steps = in_portions(db, [](database& to) { return job_archive{to}.expire(300); });
  for (auto n : steps)
    BOOST_TEST(n <= 500);
  BOOST_TEST(steps.size() >= 3 + 3 + 1 + 3u);
  BOOST_TEST(rows(db, "job") == 3);
  BOOST_TEST(ok(db.count("select min(n) from job")) == 3);
  BOOST_TEST(rows(db, "report") == 6);
  BOOST_TEST(rows(db, "report_body") == 6);
  BOOST_TEST(rows(db, "job_unit") == 6);
  BOOST_TEST(rows(db, "job_tree") == 3);
}

STORE_CASE(audit_rows_go_in_portions) {
  auto& db = it.db();
  ok(transact(db, [&](database& to) -> expected<void> {
    for (int i = 0; i < 1300; ++i)
      ok(audit_repository{to}.append({i, "ann", "", "host.add", "x", 200, ""}));
    return {};
  }));
  auto steps = in_portions(db, [](database& to) { return audit_repository{to}.expire(1250); });
  BOOST_TEST(steps.size() == 3u);
  for (auto n : steps)
    BOOST_TEST(n <= 500);
  BOOST_TEST(rows(db, "audit_log") == 50);
  BOOST_TEST(ok(db.count("select min(time_ms) from audit_log")) == 1250);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace retention_test
