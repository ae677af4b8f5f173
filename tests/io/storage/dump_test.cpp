#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/dump_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/saved_reports.hpp"
#include "tests/io/storage/faulty_database.hpp"
#include "tests/io/storage/samples.hpp"

#include <algorithm>
#include <fstream>
#include <set>

namespace dump_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t now = 1'000'000'000;

dump_limits older_than(int64_t ms) { return {ms, 0, now}; }
dump_limits at_most(int64_t rows) { return {0, rows, now}; }

void add_result(database& db, int64_t start, bool is_ours = true, const std::string& item = "r") {
  auto digest = store_rule(db, item);
  ok(transact(db, [&](database& to) {
    result_repository results{to};
    if (is_ours)
      return results.replace_range(
        owner, "h", {item, digest, start, start + 5, {{start, start + 5, "Abnormal"}}});
    return results.save_external(owner, {"h", rule_named(item), start, start + 5, "Abnormal"});
  }));
}

std::string results(database& db) {
  std::set<std::string> all;
  for (const auto& x : ok(result_repository{db}.page(owner, {})).check_result)
    all.insert(x.check_item + std::to_string(x.start.ms) + " ");
  std::string out;
  for (const auto& x : all)
    out += x;
  return out;
}

void add_report(database& db, const std::string& id, const std::string& task) {
  saved_report x;
  x.host_id = "h";
  x.tree_name = "t";
  x.task_id = task;
  x.report_id = id;
  x.start.ms = 12'000;
  x.end.ms = 15'000;
  x.report.text = R"({"value": true})";
  ok(transact(db, [&](database& to) { return saved_reports{to}.save(owner, owner, x, 20'000); }));
}

constexpr int64_t hour = sample_archive::chunk_ms;

/// Packed hours of a host with one round each, of one series.
void add_hours(database& db, int64_t hours) {
  store_host(db, "h");
  for (int64_t i = 1; i <= hours; ++i) {
    round_to_commit x;
    x.owner = owner;
    x.host_id = "h";
    x.since_ms = hour;
    x.until_ms = i * hour;
    x.sample_blob = "round " + std::to_string(i);
    if (i == 1)
      x.new_series = {{2, {"load", {{"cpu", "0"}}}}};
    committed(db, [&] { return sample_repository{db}.commit_round(x); });
  }
  committed(db, [&] { return sample_archive{db}.compact((hours + 1) * hour, 100); });
}

/// `1:round 1 2:round 2 `
std::string stored_rounds(database& db) {
  std::string out;
  for (const auto& x : ok(sample_repository{db}.range({"h", 0, 1000 * hour})).rows)
    out += std::to_string(x.time_ms / hour) + ":" + x.blob + " ";
  return out;
}

/// What leaves is in a file of this folder, as the keeper of dumps does it; rows that went.
class dumper {
public:
  explicit dumper(store& it) : it_(it) {}

  std::string write(const dump_kind& kind, const dump_limits& limits, int64_t portion = 100) {
    auto& db = it_.db();
    ok(transact(db, [&](database& to) { return dump_repository{to}.begin(kind, "abcd"); }));
    auto mark = ok(dump_repository{db}.mark(kind));
    dump x{std::string{kind.name()}, mark.store, mark.number + 1, now, {}};
    for (auto& row : ok(kind.due(db, limits, portion)))
      x.rows.push_back(std::move(row.text));
    auto file = dir_.path() + "/" + dump_name(x.kind, x.store, x.number);
    ok(write_dump(file, x));
    return file;
  }

  int64_t carry_out(const dump_kind& kind, const std::string& file) {
    auto x = ok(read_dump(file));
    return ok(
      transact(it_.db(), [&](database& to) { return dump_repository{to}.carry_out(kind, x); }));
  }

  int64_t leave(const dump_kind& kind, const dump_limits& limits, int64_t portion = 100) {
    files.push_back(write(kind, limits, portion));
    return carry_out(kind, files.back());
  }

  /// The newest file first. `added/present/homeless`
  std::string restore() {
    restore_summary all;
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
      auto x = ok(read_dump(*file));
      auto some =
        ok(transact(it_.db(), [&](database& to) { return dump_repository{to}.restore(x); }));
      all.added += some.added;
      all.present += some.present;
      all.homeless += some.homeless;
    }
    return std::to_string(all.added) + "/" + std::to_string(all.present) + "/" +
           std::to_string(all.homeless);
  }

  std::vector<std::string> files;

private:
  store& it_;
  scratch_dir dir_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(dumps)

STORE_CASE(results_leave_for_their_age_and_come_back) {
  store_host(it.db(), "h");
  for (int64_t start : {100, 200, 300})
    add_result(it.db(), start, start != 200);
  dumper files{it};
  BOOST_TEST(files.leave(dumped_results(), older_than(250)) == 2);
  BOOST_TEST(results(it.db()) == "r300 ");
  BOOST_TEST(ok(it.db().count("select sum(total) from result_count")) == 1);
  BOOST_TEST(ok(dumped_results().due(it.db(), older_than(250), 100)).empty());
  BOOST_TEST(files.restore() == "2/0/0");
  BOOST_TEST(results(it.db()) == "r100 r200 r300 ");
  BOOST_TEST(ok(it.db().count("select sum(total) from result_count")) == 3);
  BOOST_TEST(files.restore() == "0/2/0"); // Nothing is overwritten, nothing is there twice.
  BOOST_TEST(results(it.db()) == "r100 r200 r300 ");
}

STORE_CASE(results_leave_for_their_number_the_oldest_first) {
  store_host(it.db(), "h");
  for (int64_t start : {100, 200, 300, 400})
    add_result(it.db(), start, true, "i" + std::to_string(start));
  dumper files{it};
  BOOST_TEST(files.leave(dumped_results(), at_most(3)) == 1);
  BOOST_TEST(files.leave(dumped_results(), at_most(1), 1) == 1); // A portion.
  BOOST_TEST(results(it.db()) == "i300300 i400400 ");
  BOOST_TEST(ok(dumped_results().due(it.db(), at_most(2), 100)).empty());
}

STORE_CASE(results_of_a_host_that_is_gone_have_no_place) {
  store_host(it.db(), "h");
  add_result(it.db(), 100);
  dumper files{it};
  files.leave(dumped_results(), older_than(250));
  ok(it.db().execute("update host set id = 'another'"));
  BOOST_TEST(files.restore() == "0/0/1");
}

STORE_CASE(a_file_whose_rows_were_not_deleted_is_carried_out_later) {
  store_host(it.db(), "h");
  add_result(it.db(), 100);
  dumper files{it};
  auto file = files.write(dumped_results(), older_than(250));
  BOOST_TEST(results(it.db()) == "r100 "); // Whoever died here lost nothing.
  BOOST_TEST(files.carry_out(dumped_results(), file) == 1);
  BOOST_TEST(results(it.db()) == "");
  auto again = ok(read_dump(file));
  auto twice = transact(
    it.db(), [&](database& to) { return dump_repository{to}.carry_out(dumped_results(), again); });
  BOOST_TEST(failure_of(twice) == ec::moved);
}

STORE_CASE(a_row_that_changed_since_it_was_written_stays) {
  store_host(it.db(), "h");
  add_result(it.db(), 100);
  add_result(it.db(), 200, false);
  dumper files{it};
  auto file = files.write(dumped_results(), older_than(250));
  ok(it.db().execute("update check_result set value = 'No data' where start_ms = 200"));
  BOOST_TEST(files.carry_out(dumped_results(), file) == 1);
  BOOST_TEST(results(it.db()) == "r200 ");
}

STORE_CASE(the_log_is_whole_before_between_and_after) {
  audit_repository log{it.db()};
  for (int64_t time = 100; time <= 600; time += 100)
    ok(log.append({time, "ada", "::1", "host.add", "e", 200, ""}));
  auto is_whole = [&] { return !ok(log.verify(0)).broken.has_value(); };
  dumper files{it};
  BOOST_TEST(files.leave(dumped_audit(), older_than(301)) == 3);
  BOOST_TEST(is_whole());
  BOOST_TEST(files.leave(dumped_audit(), at_most(2)) == 1);
  BOOST_TEST(is_whole());
  BOOST_TEST(ok(log.verify(0)).checked == 2);
  BOOST_TEST(ok(log.page({"ada"}, {})).total_count == 2);
  BOOST_TEST(files.restore() == "4/0/0");
  BOOST_TEST(is_whole());
  BOOST_TEST(ok(log.page({"ada"}, {})).total_count == 6);
  BOOST_TEST(ok(log.verify(0)).checked == 6);
  BOOST_TEST(files.restore() == "0/4/0");
}

STORE_CASE(many_records_leave_at_once) {
  audit_repository log{it.db()};
  ok(transact(it.db(), [&](database&) -> expected<void> {
    for (int64_t i = 0; i < 500; ++i)
      if (auto done = log.append({i, "ada", "::1", "host.add", "e", 200, ""}); !done)
        return done;
    return {};
  }));
  dumper files{it};
  BOOST_TEST(files.leave(dumped_audit(), older_than(450), 1000) == 450);
  BOOST_TEST(files.restore() == "450/0/0");
  BOOST_TEST(!ok(log.verify(0)).broken.has_value());
}

STORE_CASE(a_log_is_not_restored_into_another) {
  audit_repository log{it.db()};
  for (int64_t time : {100, 200, 300})
    ok(log.append({time, "ada", "::1", "host.add", "e", 200, ""}));
  dumper files{it};
  files.leave(dumped_audit(), older_than(150));
  files.leave(dumped_audit(), older_than(250));
  files.files.pop_back(); // One between them is missing.
  BOOST_TEST(files.restore() == "0/0/1");
  BOOST_TEST(!ok(log.verify(0)).broken.has_value());
}

STORE_CASE(reports_leave_with_their_task_and_come_back_as_they_were) {
  add_report(it.db(), "r1", "t1");
  add_report(it.db(), "r2", "t1");
  auto before = ok(report_repository{it.db()}.find(owner, {"r1", "r2"}));
  dumper files{it};
  BOOST_TEST(files.leave(dumped_reports(), older_than(30'000)) == 2);
  BOOST_TEST(files.leave(dumped_reports(), older_than(30'000)) == 1); // The task itself.
  BOOST_TEST(ok(it.db().count("select count(*) from job")) == 0);
  BOOST_TEST(ok(dumped_reports().due(it.db(), older_than(30'000), 100)).empty());
  BOOST_TEST(files.restore() == "3/0/0");
  auto after = ok(report_repository{it.db()}.find(owner, {"r1", "r2"}));
  BOOST_REQUIRE(after.size() == 2u);
  for (size_t i = 0; i < 2; ++i) {
    BOOST_TEST(after[i].detail == before[i].detail);
    BOOST_TEST(after[i].content_hash == before[i].content_hash);
    BOOST_TEST(after[i].tree_content == before[i].tree_content);
  }
  BOOST_TEST(ok(job_repository{it.db()}.page(owner, diagnosis_kind, {})).task_infos.size() == 1u);
  BOOST_TEST(files.restore() == "0/3/0");
}

STORE_CASE(runs_of_deployment_tasks_do_not_leave_with_reports_nor_hold_them_up) {
  new_run run;
  run.job.id = "run";
  run.job.kind = {"deploy"};
  run.job.owner = run.job.user = owner;
  run.job.plan = "{}";
  run.job.created_ms = 1000; // The oldest of all.
  run.task_id = run.task_name = "t";
  committed(it.db(), [&] { return run_repository{it.db()}.create(run); });
  ok(it.db().execute("update job set state = 'done'"));
  add_report(it.db(), "r1", "t1");
  dumper files{it};
  BOOST_TEST(files.leave(dumped_reports(), older_than(30'000)) == 1);
  BOOST_TEST(files.leave(dumped_reports(), older_than(30'000)) == 1); // Its task.
  BOOST_TEST(ok(dumped_reports().due(it.db(), older_than(30'000), 100)).empty());
  BOOST_TEST(ok(it.db().count("select count(*) from run")) == 1);
  BOOST_TEST(ok(it.db().count("select count(*) from job")) == 1);
}

STORE_CASE(a_file_that_has_a_run_is_got_over) {
  // Of a release that took runs for tasks without reports.
  add_report(it.db(), "r1", "t1");
  ok(it.db().execute("delete from report_body"));
  ok(it.db().execute("delete from report"));
  dumper files{it};
  auto file = files.write(dumped_reports(), older_than(30'000));
  BOOST_TEST(ok(read_dump(file)).rows.size() == 1u);
  ok(
    it.db().execute("insert into run (job, id, owner, username, task_id, task_name, state, reason, "
                    "is_check, retry_of, wish, step, approved_step, approved_batch, events, "
                    "event_bytes, created_ms, started_ms, ended_ms, worked_ms) select n, id, "
                    "owner, username, 't', 't', 'done', '', 0, '', '', 0, 0, 0, 0, 0, 1, 1, 1, 1 "
                    "from job"));
  BOOST_TEST(files.carry_out(dumped_reports(), file) == 0);
  BOOST_TEST(ok(dump_repository{it.db()}.mark(dumped_reports())).number == 1);
}

STORE_CASE(reports_that_are_too_many_take_no_checks_along) {
  ok(it.db().execute(
    "insert into job (id, kind, owner, username, slot, state, epoch, expected, finished, failed, "
    "last_number, stored, created_ms, deadline_ms, plan_version, plan) values ('c', 'check', "
    "'ann', 'ann', 1, 'done', 1, 1, 1, 0, 0, 0, 10, 0, 1, '{}')"));
  add_report(it.db(), "r1", "t1");
  add_report(it.db(), "r2", "t1");
  dumper files{it};
  BOOST_TEST(files.leave(dumped_reports(), at_most(1)) == 1);
  BOOST_TEST(ok(it.db().count("select count(*) from report")) == 1);
  BOOST_TEST(ok(it.db().count("select count(*) from job where id = 'c'")) == 1);
}

STORE_CASE(long_reports_are_read_as_far_as_they_fit_into_a_file) {
  for (const auto* id : {"r1", "r2", "r3", "r4"})
    add_report(it.db(), id, "t1");
  const std::string text(6 << 20, 'x');
  ok(it.db().run("update report_body set detail = ?", text));
  size_t read = 0;
  faulty_database watched{it.db()};
  watched.before_query = [&](std::string_view query) {
    // Those of the keys that were chosen by their lengths.
    read += query.find("b.detail, b.content_hash") == query.npos
              ? 0
              : static_cast<size_t>(std::count(query.begin(), query.end(), '?'));
  };
  auto rows = ok(dumped_reports().due(watched, older_than(30'000), 100));
  BOOST_TEST(rows.size() == 2u);
  BOOST_TEST(read == 2u);
}

STORE_CASE(samples_leave_for_their_age_and_come_back) {
  auto& db = it.db();
  add_hours(db, 4);
  dumper files{it};
  BOOST_TEST(files.leave(dumped_samples(), older_than(3 * hour)) == 2);
  BOOST_TEST(stored_rounds(db) == "3:round 3 4:round 4 ");
  BOOST_TEST(ok(dumped_samples().due(db, older_than(3 * hour), 100)).empty());
  BOOST_TEST(files.restore() == "2/0/0");
  BOOST_TEST(stored_rounds(db) == "1:round 1 2:round 2 3:round 3 4:round 4 ");
  BOOST_TEST(files.restore() == "0/2/0");
}

STORE_CASE(samples_that_take_too_much_room_leave_the_oldest_first) {
  auto& db = it.db();
  add_hours(db, 4);
  auto bytes = ok(sample_archive{db}.bytes());
  dumper files{it};
  BOOST_TEST(ok(dumped_samples().due(db, at_most(bytes), 100)).empty());
  BOOST_TEST(ok(dumped_samples().due(db, {}, 100)).empty()); // They are not dumped.
  BOOST_TEST(files.leave(dumped_samples(), at_most(bytes - 1)) == 1);
  BOOST_TEST(stored_rounds(db) == "2:round 2 3:round 3 4:round 4 ");
  BOOST_TEST(files.leave(dumped_samples(), at_most(1), 2) == 2); // As many as a file takes.
  BOOST_TEST(stored_rounds(db) == "4:round 4 ");
}

STORE_CASE(samples_are_never_put_under_another_series) {
  auto& db = it.db();
  add_hours(db, 2);
  dumper files{it};
  BOOST_TEST(files.leave(dumped_samples(), older_than(3 * hour)) == 2);
  ok(db.execute("update series set name = 'another'"));
  BOOST_TEST(files.restore() == "0/0/2");
  ok(db.execute("delete from series")); // It was forgotten meanwhile.
  BOOST_TEST(files.restore() == "2/0/0");
  BOOST_TEST(ok(db.count("select count(*) from series where slot = 2 and name = 'load'")) == 1);
  committed(db, [&] { return host_repository{db}.remove(owner, "h", now); });
  BOOST_TEST(files.restore() == "0/0/2");
}

STORE_CASE(hours_are_read_as_far_as_they_fit_into_a_file) {
  auto& db = it.db();
  add_hours(db, 3);
  ok(db.run("update sample_chunk set bytes = ?", most_dump_bytes / 4 + 1)); // Two digits a byte.
  BOOST_TEST(ok(dumped_samples().due(db, older_than(9 * hour), 100)).size() == 1u);
  ok(db.run("update sample_chunk set bytes = ?", 3 * most_dump_bytes));
  BOOST_TEST(ok(dumped_samples().due(db, older_than(9 * hour), 100)).size() == 1u);
}

STORE_CASE(what_is_in_a_file_is_not_believed) {
  store_host(it.db(), "h");
  add_result(it.db(), 100);
  dumper files{it};
  auto file = files.write(dumped_results(), older_than(250));
  auto x = ok(read_dump(file));
  auto& text = x.rows.at(0);
  auto at = text.find("$0 > 1");
  BOOST_REQUIRE(at != std::string::npos);
  text[at + 5] = '2'; // Another rule under the same digest.
  ok(it.db().execute("delete from check_result"));
  auto refused = transact(it.db(), [&](database& to) { return dump_repository{to}.restore(x); });
  BOOST_TEST(failure_of(refused) == ec::corrupt);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_altered_or_cut_off_is_refused) {
  scratch_dir dir;
  auto file = dir.path() + "/x";
  ok(write_dump(file, {"audit", "abcd", 7, 5, {R"({"n":1})", R"({"n":2})"}}));
  auto good = ok(read_dump(file));
  BOOST_TEST(good.rows.size() == 2u);
  BOOST_TEST(good.number == 7);
  BOOST_TEST(failure_of(write_dump(file, good)) == ec::conflict); // Never over another one.
  std::ifstream in{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  size_t refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::ofstream{file, std::ios::binary} << changed;
    auto read = read_dump(file); // A bit that packing does not use says nothing.
    BOOST_TEST((!read || read->rows == good.rows), i);
    refused += !read;
  }
  BOOST_TEST(refused + 2 >= bytes.size());
  std::ofstream{file, std::ios::binary} << bytes.substr(0, bytes.size() - 1);
  BOOST_TEST(!read_dump(file));
  BOOST_TEST(failure_of(write_dump(dir.path() + "/none/x", good)) == ec::store_unreachable);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace dump_test
