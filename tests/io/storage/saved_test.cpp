#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_erasure.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/saved_reports.hpp"
#include "tests/io/storage/samples.hpp"

namespace saved_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

saved_report report_named(const std::string& id, const std::string& report) {
  saved_report x;
  x.host_id = "h";
  x.tree_name = "t";
  x.task_id = "elsewhere";
  x.report_id = id;
  x.start.ms = 12'000;
  x.end.ms = 15'000;
  x.report.text = report;
  return x;
}

task_to_save task_named(const std::string& id, int64_t expected) {
  return {id, {11'000}, {"h"}, {"t"}, {{1000}, {9000}}, expected};
}

expected<void> save(database& db, const saved_report& x, const std::string& whose = owner) {
  return transact(db,
                  [&](database& to) { return saved_reports{to}.save(whose, whose, x, 20'000); });
}

expected<void> save(database& db, const task_to_save& x, const std::string& whose = owner) {
  return transact(db, [&](database& to) { return saved_reports{to}.save_task(whose, whose, x); });
}

std::vector<task_info> tasks(database& db) {
  return ok(job_repository{db}.page(owner, diagnosis_kind, {})).task_infos;
}

stored_report only_report(database& db, const std::string& id) {
  return ok(report_repository{db}.find(owner, {id})).at(0);
}

/// A result found by the engine or saved by others.
void add_result(database& db, bool is_ours, int64_t start, int64_t end, const std::string& item) {
  auto digest = store_rule(db, item);
  ok(transact(db, [&](database& to) {
    result_repository results{to};
    if (is_ours)
      return results.replace_range(
        owner, "h", {item, digest, start, end, {{start, end, "Abnormal"}}});
    return results.save_external(owner, {"h", rule_named(item), start, end, "Abnormal"});
  }));
}

int64_t remove(database& db, const result_selection& x, int64_t limit = 100) {
  return ok(
    transact(db, [&](database& to) { return result_repository{to}.remove(owner, x, limit); }));
}

/// Starts of what is left.
std::string left(database& db) {
  std::string out;
  for (const auto& x : ok(result_repository{db}.page(owner, {})).check_result)
    out += x.check_item + std::to_string(x.start.ms) + " ";
  return out;
}

constexpr int64_t hour = sample_archive::chunk_ms;

void add_samples(database& db, const std::vector<int64_t>& times) {
  std::vector<sample_row> rows;
  for (auto t : times)
    rows.push_back({t, "x"});
  ok(transact(db, [&](database& to) { return sample_repository{to}.save_samples("h", rows); }));
}

std::vector<int64_t> times(database& db) {
  std::vector<int64_t> out;
  for (const auto& x : ok(sample_repository{db}.range({"h", 0, 1000 * hour, 0})).rows)
    out.push_back(x.time_ms);
  return out;
}

int64_t erase(database& db, int64_t from, int64_t until) {
  sample_erasure work{ok(host_keys(db, owner, {})), from, until};
  while (!work.is_done())
    ok(transact(db, [&](database& to) { return work.step(to); }));
  return work.deleted();
}

} // namespace

BOOST_AUTO_TEST_SUITE(saved)

STORE_CASE(a_report_from_elsewhere_brings_its_task) {
  ok(save(it.db(), report_named("r1", R"({"node name":"t","value":true})")));
  auto found = tasks(it.db());
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].task_id == "elsewhere");
  BOOST_TEST(found[0].progress == 1);
  BOOST_TEST(found[0].time.ms == 20'000);
  auto report = only_report(it.db(), "r1");
  BOOST_TEST(report.row.end.ms == 15'000);
  BOOST_TEST(report.detail.find("\"verdict\":\"true\"") != std::string::npos);
}

STORE_CASE(a_task_from_elsewhere_counts_its_reports_and_nobody_runs_it) {
  ok(save(it.db(), task_named("elsewhere", 3)));
  ok(save(it.db(), report_named("r1", "{}")));
  ok(save(it.db(), report_named("r2", "\"\"")));
  ok(save(it.db(), report_named("r2", R"("{\"value\":false}")"))); // Again: it counts once.
  ok(save(it.db(), task_named("elsewhere", 4)));
  auto found = tasks(it.db());
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].progress == 2);
  BOOST_TEST(found[0].expected_report_num == 4);
  BOOST_TEST(found[0].time.ms == 11'000);
  BOOST_TEST(found[0].time_range.at(1).ms == 9000);
  BOOST_TEST(ok(job_repository{it.db()}.open_of_owner(owner)).empty());
  BOOST_TEST(only_report(it.db(), "r2").detail.find("\"verdict\":\"false\"") != std::string::npos);
}

STORE_CASE(a_report_is_an_object_or_its_text) {
  for (const auto* text : {"[]", "1", "null", "\"[]\"", "\"{\"", "\"nonsense\""})
    BOOST_TEST((save(it.db(), report_named("r", text)).error() == ec::bad_request), text);
  BOOST_TEST(tasks(it.db()).empty());
}

STORE_CASE(ids_of_others_and_of_tasks_at_work_are_taken) {
  ok(save(it.db(), report_named("r1", "{}")));
  BOOST_TEST((save(it.db(), report_named("r1", "{}"), "eve").error() == ec::conflict));
  BOOST_TEST((save(it.db(), report_named("r9", "{}"), "eve").error() == ec::conflict));
  BOOST_TEST((save(it.db(), task_named("elsewhere", 1), "eve").error() == ec::conflict));
  auto other = report_named("r1", "{}");
  other.task_id = "another";
  BOOST_TEST((save(it.db(), other).error() == ec::conflict));
  job_record ours;
  ours.id = "ours";
  ours.kind = diagnosis_kind;
  ours.owner = owner;
  ours.plan = "{}";
  ours.expected = 5;
  ok(transact(it.db(), [&](database& to) { return job_repository{to}.create(ours); }));
  other.task_id = "ours";
  other.report_id = "r2";
  BOOST_TEST((save(it.db(), other).error() == ec::conflict));
  BOOST_TEST((save(it.db(), task_named("ours", 1)).error() == ec::conflict));
  BOOST_TEST(tasks(it.db()).size() == 2u);
}

STORE_CASE(results_within_a_range_go_whoever_found_them) {
  auto& db = it.db();
  store_host(db, "h");
  add_result(db, true, 10, 20, "a");
  add_result(db, false, 12, 18, "b");
  add_result(db, false, 5, 15, "c"); // Begins before.
  add_result(db, true, 15, 25, "d"); // Ends after.
  BOOST_TEST(remove(db, {{"unknown"}, {}, 10, 20}) == 0);
  BOOST_TEST(remove(db, {{}, {"z"}, 10, 20}) == 0);
  BOOST_TEST(remove(db, {{"h"}, {}, 10, 20}, 1) == 1); // In portions.
  BOOST_TEST(remove(db, {{"h"}, {}, 10, 20}, 1) == 1);
  BOOST_TEST(remove(db, {{"h"}, {}, 10, 20}, 1) == 0);
  BOOST_TEST(left(db) == "c5 d15 ");
  BOOST_TEST(ok(transact(db, [&](database& to) { return result_repository{to}.recount(owner); })) ==
             0);
  BOOST_TEST(remove(db, {{}, {"d"}, 0, INT64_MAX}) == 1);
  BOOST_TEST(left(db) == "c5 ");
}

STORE_CASE(samples_within_a_range_go_packed_or_not) {
  auto& db = it.db();
  store_host(db, "h");
  add_samples(db, {1, 2, 3, hour + 1, hour + 2, 2 * hour + 1});
  ok(transact(db, [&](database& to) { return sample_archive{to}.compact(2 * hour); }));
  add_samples(db, {4, 3 * hour});
  BOOST_TEST(erase(db, 3, hour + 2) == 4);
  BOOST_TEST((times(db) == std::vector<int64_t>{1, 2, 2 * hour + 1, 3 * hour}));
  BOOST_TEST(ok(db.count("select count(*) from sample_chunk")) == 1);
  BOOST_TEST(ok(db.count("select until_ms from sample_chunk")) == 2);
  BOOST_TEST(erase(db, 3, hour + 2) == 0);
  BOOST_TEST(erase(db, 0, 1000 * hour) == 4);
  BOOST_TEST(times(db).empty());
  BOOST_TEST(ok(sample_archive{db}.bytes()) == 0);
}

STORE_CASE(samples_of_others_stay) {
  auto& db = it.db();
  store_host(db, "h");
  add_samples(db, {1, 2});
  BOOST_TEST(ok(host_keys(db, "eve", {})).empty());
  BOOST_TEST(ok(host_keys(db, "eve", {"h"})).empty());
  BOOST_TEST(ok(host_keys(db, {}, {"h", "unknown"})).size() == 1u);
  BOOST_TEST(ok(host_keys(db, owner, {})).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace saved_test
