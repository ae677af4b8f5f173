#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/report_units.hpp"
#include "runtime/io/storage/tree_repository.hpp"
#include "tests/io/storage/samples.hpp"

#include <fmt/format.h>

#include <numeric>

namespace job_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

const std::string tree_text = R"({"value":"root"})";

job_record job_named(const std::string& id, int64_t expected = 4) {
  job_record x;
  x.id = id;
  x.kind = diagnosis_kind;
  x.owner = owner;
  x.user = "ada";
  x.slot = 3;
  x.plan = R"({"host_list":["h1","h2"],"time_range":[10,20.5],"tree_list":["t"],"interval":60})";
  x.expected = expected;
  x.created_ms = 1000;
  x.deadline_ms = 99'000;
  return x;
}

job_record create(database& db, const job_record& x) {
  std::vector<tree_content> trees{{"t", ok(tree_digest(tree_text)), tree_text}};
  return committed(db, [&] { return job_repository{db}.create(x, trees); });
}

report_to_store report_of(const std::string& job, int unit, int i, const std::string& error = {}) {
  report_to_store x;
  x.report_id = "report-" + job + "-" + std::to_string(unit) + "-" + std::to_string(i);
  x.host_id = "h" + std::to_string(unit % 2 + 1);
  x.tree_name = i % 2 ? "t" : "s";
  x.tree_digest = ok(tree_digest(tree_text));
  x.start_ms = unit * 1000 + i * 100;
  x.end_ms = x.start_ms + 100;
  x.values = std::string{"\x01\0v", 3};
  x.detail = R"({"verdict":"true"})";
  x.content_hash = "hash";
  x.error = error;
  return x;
}

std::vector<report_to_store> reports_of(const std::string& job, int unit, int count = 2) {
  std::vector<report_to_store> all;
  for (int i = 0; i < count; ++i)
    all.push_back(report_of(job, unit, i));
  return all;
}

unit_to_commit unit_with(const std::string& job, int unit, std::vector<report_to_store> reports) {
  unit_to_commit x;
  x.job = job;
  x.owner = owner;
  x.unit = unit;
  x.content = std::make_shared<unit_reports>(std::move(reports));
  return x;
}

unit_to_commit unit_of(const std::string& job, int unit, int reports = 2) {
  return unit_with(job, unit, reports_of(job, unit, reports));
}

job_progress commit(database& db, const unit_to_commit& x) {
  return committed(db, [&] { return job_repository{db}.commit_unit(x); });
}

job_progress move(database& db, const std::string& job, job_status state) {
  return committed(db, [&] { return job_repository{db}.move({{}, job, state}); });
}

std::string numbers_of(const std::vector<report_row>& rows) {
  std::string out;
  for (const auto& x : rows)
    out += std::to_string(x.number) + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(jobs)

STORE_CASE(a_job_comes_back_as_it_was_created) {
  auto& db = it.db();
  create(db, job_named("j"));
  auto state = ok(job_repository{db}.load("j"));
  BOOST_TEST(state.job.kind.text == "diag");
  BOOST_TEST(state.job.owner == owner);
  BOOST_TEST(state.job.user == "ada");
  BOOST_TEST(state.job.slot == 3);
  BOOST_TEST((state.job.state == job_status::pending));
  BOOST_TEST(state.job.plan == job_named("j").plan);
  BOOST_TEST(state.job.expected == 4);
  BOOST_TEST(state.job.created_ms == 1000);
  BOOST_TEST(state.job.deadline_ms == 99'000);
  BOOST_TEST(state.done_units.empty());
  BOOST_REQUIRE(state.trees.size() == 1u);
  BOOST_TEST(state.trees[0].tree_name == "t");
  BOOST_TEST(state.trees[0].content == tree_text);
  BOOST_TEST(failure_of(job_repository{db}.load("x")) == ec::not_found);
}

STORE_CASE(a_job_that_is_there_already_stays_as_it_is) {
  auto& db = it.db();
  auto first = job_named("j");
  first.idempotency_key = "key";
  create(db, first);
  auto again = job_named("j", 99);
  BOOST_TEST(create(db, again).expected == 4);
  auto same_key = job_named("other");
  same_key.idempotency_key = "key";
  BOOST_TEST(create(db, same_key).id == "j");
  BOOST_TEST(failure_of(job_repository{db}.find("other")) == ec::not_found);
  auto bobs = job_named("bobs");
  bobs.owner = "bob";
  bobs.idempotency_key = "key";
  BOOST_TEST(create(db, bobs).id == "bobs");
  auto stolen = job_named("j");
  stolen.owner = "bob";
  BOOST_TEST(failure_of(job_repository{db}.create(stolen)) == ec::conflict);
  create(db, job_named("no key 1"));
  create(db, job_named("no key 2"));
}

STORE_CASE(a_frozen_tree_needs_its_content_only_once) {
  auto& db = it.db();
  create(db, job_named("j"));
  std::vector<tree_content> known{{"again", ok(tree_digest(tree_text)), ""}};
  committed(db, [&] { return job_repository{db}.create(job_named("k"), known); });
  BOOST_TEST(ok(job_repository{db}.load("k")).trees.at(0).content == tree_text);
  std::vector<tree_content> unknown{{"t", "no such digest", ""}};
  BOOST_TEST(failure_of(transact(db, [&](database& d) {
               return job_repository{d}.create(job_named("l"), unknown);
             })) == ec::not_found);
  BOOST_TEST(failure_of(job_repository{db}.find("l")) == ec::not_found);
}

STORE_CASE(a_unit_numbers_its_reports_and_moves_the_job) {
  auto& db = it.db();
  create(db, job_named("j"));
  auto now = commit(db, unit_of("j", 0));
  BOOST_TEST((now.state == job_status::running));
  BOOST_TEST(now.finished == 2);
  BOOST_TEST(now.last_number == 2);
  auto second = reports_of("j", 1);
  second[1].error = "no tree";
  now = commit(db, unit_with("j", 1, second));
  BOOST_TEST((now.state == job_status::done));
  BOOST_TEST(now.finished == 4);
  BOOST_TEST(now.failed == 1);
  BOOST_TEST(now.expected == 4);
  BOOST_TEST(now.last_number == 4);
  auto units = ok(job_repository{db}.load("j")).done_units;
  BOOST_TEST(units == (std::vector<int64_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(numbers_of(ok(report_repository{db}.after("ada", "j", 0, 100))) == "1 2 3 4 ");
}

STORE_CASE(a_unit_sent_again_changes_nothing) {
  auto& db = it.db();
  create(db, job_named("j", 10));
  commit(db, unit_of("j", 0));
  auto now = commit(db, unit_of("j", 0));
  BOOST_TEST(now.finished == 2);
  BOOST_TEST(now.last_number == 2);
  // Another unit that brings a stored report along: only what is new gets a number.
  auto mixed = reports_of("j", 1);
  mixed.insert(mixed.begin(), report_of("j", 0, 1));
  now = commit(db, unit_with("j", 1, mixed));
  BOOST_TEST(now.finished == 4);
  BOOST_TEST(numbers_of(ok(report_repository{db}.after("ada", "j", 0, 100))) == "1 2 3 4 ");
}

STORE_CASE(units_of_several_jobs_are_committed_together) {
  auto& db = it.db();
  create(db, job_named("j", 6));
  create(db, job_named("k", 2));
  create(db, job_named("over"));
  move(db, "over", job_status::cancelled);
  commit(db, unit_of("j", 0));
  auto last = reports_of("j", 2, 1);
  last[0].error = "no tree";
  last.push_back(report_of("j", 1, 1)); // Comes twice.
  std::vector<unit_work> work;
  for (auto& unit : {unit_of("j", 1),
                     unit_of("k", 0),
                     unit_of("over", 0),
                     unit_of("j", 0), // Known from before.
                     unit_with("j", 2, last),
                     unit_of("j", 1)}) // Known since this very transaction.
    work.push_back({unit, std::make_shared<job_progress>()});
  std::vector<const unit_work*> all;
  for (auto& x : work)
    all.push_back(&x);
  committed(db, [&] { return job_repository{db}.commit_units(all); });
  auto shows = [&](size_t i, const std::string& state, int64_t finished, int64_t failed) {
    auto& x = *work[i].after;
    BOOST_TEST(text_of(x.state) == state, i << ": " << text_of(x.state));
    BOOST_TEST(x.finished == finished, i << ": " << x.finished);
    BOOST_TEST(x.failed == failed, i << ": " << x.failed);
  };
  shows(0, "running", 4, 0);
  shows(1, "done", 2, 0);
  shows(2, "cancelled", 0, 0);
  shows(3, "running", 4, 0);
  shows(4, "running", 5, 1);
  shows(5, "running", 5, 1);
  BOOST_TEST(ok(job_repository{db}.find("j")).finished == 5);
  BOOST_TEST((ok(job_repository{db}.find("k")).state == job_status::done));
  BOOST_TEST(numbers_of(ok(report_repository{db}.after("ada", "j", 0, 100))) == "1 2 3 4 5 ");
  BOOST_TEST(numbers_of(ok(report_repository{db}.after("ada", "k", 0, 100))) == "1 2 ");
  BOOST_TEST(ok(report_repository{db}.after("ada", "over", 0, 100)).empty());
  // One that cannot be stored: none is.
  work.resize(2);
  work[0].unit = unit_of("j", 7);
  work[1].unit = unit_of("nobody's", 0);
  all = {&work[0], &work[1]};
  BOOST_TEST(failure_of(transact(db, [&](database& d) {
               return job_repository{d}.commit_units(all);
             })) == ec::not_found);
  BOOST_TEST(ok(job_repository{db}.find("j")).finished == 5);
}

STORE_CASE(a_check_counts_pairs_instead_of_reports) {
  auto& db = it.db();
  auto job = job_named("j", 5);
  job.kind = {"check"};
  create(db, job);
  auto unit = unit_of("j", 0, 0);
  unit.content = nullptr;
  unit.results = 3;
  BOOST_TEST(commit(db, unit).finished == 3);
  unit.unit = 1;
  unit.results = 2;
  BOOST_TEST((commit(db, unit).state == job_status::done));
  BOOST_TEST(ok(job_repository{db}.page(owner, diagnosis_kind, {})).total_count == 0);
  BOOST_TEST(ok(job_repository{db}.progress(owner, {"j"})).at(0).progress == 5);
}

STORE_CASE(a_final_state_stays) {
  auto& db = it.db();
  create(db, job_named("j"));
  BOOST_TEST((move(db, "j", job_status::running).state == job_status::running));
  BOOST_TEST((move(db, "j", job_status::interrupted).state == job_status::interrupted));
  BOOST_TEST((move(db, "j", job_status::running).state == job_status::running));
  BOOST_TEST((move(db, "j", job_status::failed).state == job_status::failed));
  BOOST_TEST((move(db, "j", job_status::running).state == job_status::failed));
  auto late = commit(db, unit_of("j", 0));
  BOOST_TEST((late.state == job_status::failed));
  BOOST_TEST(late.finished == 0);
  BOOST_TEST(ok(report_repository{db}.after("ada", "j", 0, 100)).empty());
  BOOST_TEST(failure_of(job_repository{db}.move({{}, "x", job_status::done})) == ec::not_found);
  BOOST_TEST(failure_of(job_repository{db}.commit_unit(unit_of("x", 0))) == ec::not_found);
}

STORE_CASE(cancelling_ends_what_is_not_over) {
  auto& db = it.db();
  for (auto id : {"pending", "running", "over"})
    create(db, job_named(id));
  commit(db, unit_of("running", 0));
  move(db, "over", job_status::done);
  auto cancel = [&](std::vector<std::string> ids) {
    return committed(db, [&] { return job_repository{db}.cancel(owner, ids); });
  };
  auto reply = cancel({"pending", "over", "running", "unknown"});
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.cancelled == (std::vector<std::string>{"pending", "running"}),
             boost::test_tools::per_element());
  BOOST_TEST(reply.ignored == (std::vector<std::string>{"over", "unknown"}),
             boost::test_tools::per_element());
  BOOST_TEST(cancel({"pending"}).code == 200);
  BOOST_TEST((ok(job_repository{db}.find("running")).state == job_status::cancelled));
  BOOST_TEST(ok(report_repository{db}.after("ada", "running", 0, 100)).size() == 2u);
}

STORE_CASE(every_status_has_a_text_that_reads_back) {
  auto& db = it.db();
  for (size_t i = 0; i < job_status_texts.size(); ++i) {
    auto status = static_cast<job_status>(i);
    auto job = job_named("j" + std::to_string(i));
    job.state = status;
    create(db, job);
    BOOST_TEST((ok(job_repository{db}.find(job.id)).state == status));
    BOOST_TEST(ok(job_repository{db}.progress(owner, {job.id})).at(0).state == text_of(status));
  }
  ok(db.run("update job set state = 'of a release to come' where id = 'j0'"));
  BOOST_TEST((ok(job_repository{db}.find("j0")).state == job_status::failed));
}

STORE_CASE(jobs_that_wait_for_their_user_leave_the_queue_until_he_resumes_them) {
  auto& db = it.db();
  auto ids = [](const std::vector<job_record>& jobs) {
    std::string out;
    for (const auto& x : jobs)
      out += x.id + " ";
    return out;
  };
  for (auto id : {"asks", "locked", "runs"}) {
    create(db, job_named(id));
    move(db, id, job_status::running);
  }
  auto begin = [&](const std::string& job, int64_t unit) {
    return committed(db, [&] { return job_repository{db}.begin_unit({{}, job, unit, 1}); });
  };
  begin("asks", 0);
  begin("asks", 0); // Harmless.
  begin("locked", 1);
  commit(db, unit_of("asks", 1, 1));
  move(db, "asks", job_status::interrupted);
  move(db, "locked", job_status::waiting_for_key);
  auto asks = ok(job_repository{db}.load("asks"));
  BOOST_TEST(asks.begun_units == std::vector<int64_t>{0}, boost::test_tools::per_element());
  BOOST_TEST(asks.done_units == std::vector<int64_t>{1}, boost::test_tools::per_element());
  std::vector<uint16_t> all(256);
  std::iota(all.begin(), all.end(), uint16_t{0});
  BOOST_TEST(ids(ok(job_repository{db}.open_in_slots(all))) == "runs ");
  BOOST_TEST(ids(ok(job_repository{db}.open_of_owner(owner))) == "runs ");
  begin("asks", 3); // Nothing begins meanwhile.
  BOOST_TEST(ok(job_repository{db}.load("asks")).begun_units.size() == 1u);

  auto resume = [&](const char* of, std::vector<std::string> list) {
    return committed(db, [&] { return job_repository{db}.resume(of, list, 500'000); });
  };
  BOOST_TEST(resume("bob", {"asks"}).resumed.empty());
  auto reply = resume(owner, {"asks", "runs", "locked", "unknown"});
  BOOST_TEST(reply.code == 206);
  BOOST_TEST(reply.resumed == (std::vector<std::string>{"asks", "locked"}),
             boost::test_tools::per_element());
  BOOST_TEST(reply.ignored == (std::vector<std::string>{"runs", "unknown"}),
             boost::test_tools::per_element());
  asks = ok(job_repository{db}.load("asks"));
  BOOST_TEST((asks.job.state == job_status::pending));
  BOOST_TEST(asks.job.deadline_ms == 500'000 + 98'000);
  BOOST_TEST(asks.begun_units.empty()); // On his word they are done again.
  BOOST_TEST(asks.done_units.size() == 1u);
  // A key is no such word.
  BOOST_TEST(ok(job_repository{db}.load("locked")).begun_units.size() == 1u);
  BOOST_TEST(ids(ok(job_repository{db}.open_in_slots(all))) == "asks locked runs ");

  move(db, "asks", job_status::interrupted);
  move(db, "locked", job_status::waiting_for_key);
  auto ended = committed(db, [&] { return job_repository{db}.cancel(owner, {"asks", "locked"}); });
  BOOST_TEST(ended.cancelled.size() == 2u);
  BOOST_TEST(resume(owner, {"asks"}).resumed.empty());
}

STORE_CASE(a_unit_that_was_begun_is_done_once) {
  auto& db = it.db();
  create(db, job_named("j"));
  move(db, "j", job_status::running);
  auto begin = [&](int64_t unit) {
    return transact(db, [&](database& d) {
      return job_repository{d}.begin_unit({{}, "j", unit, 2});
    });
  };
  ok(begin(0));
  auto unit = unit_of("j", 0);
  unit.attempts = 3;
  BOOST_TEST(commit(db, unit).finished == 2);
  BOOST_TEST(commit(db, unit).finished == 2);
  BOOST_TEST(ok(db.count("select count(*) from job_unit")) == 1);
  BOOST_TEST(ok(db.count("select attempts from job_unit")) == 3);
  BOOST_TEST(ok(job_repository{db}.load("j")).begun_units.empty());
  BOOST_TEST(failure_of(begin(0)) == ec::conflict);
  BOOST_TEST(failure_of(transact(db, [&](database& d) {
               return job_repository{d}.begin_unit({{}, "x", 0, 1});
             })) == ec::not_found);
}

namespace {

/// What another kind's units bring: lines in a table of its own.
class unit_lines final : public unit_content {
public:
  explicit unit_lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  std::unique_ptr<unit_sink> sink(database& db) const override {
    struct lines_sink final : unit_sink {
      explicit lines_sink(database& d) : db(d) {}
      expected<void> look(std::span<const unit_to_commit* const>) override { return {}; }
      int64_t take(const unit_to_commit& unit, int64_t job, job_progress& now) override {
        const auto& lines = static_cast<const unit_lines&>(*unit.content).lines_;
        for (const auto& line : lines)
          rows.insert(rows.end(), {job, ++now.last_number, line});
        return static_cast<int64_t>(lines.size());
      }
      expected<void> write() override {
        auto added = db.run_many("insert into line (job, number, body) values (?, ?, ?)", 3, rows);
        return added.map([](int64_t) {});
      }
      database& db;
      std::vector<parameter> rows;
    };
    return std::make_unique<lines_sink>(db);
  }
  size_t rows() const override { return lines_.size(); }

private:
  std::vector<std::string> lines_;
};

job_status failed_when_any(const job_progress& x) {
  return x.failed > 0 ? job_status::failed : job_status::done;
}

} // namespace

STORE_CASE(each_kind_stores_what_its_units_bring_in_their_transaction) {
  auto& db = it.db();
  ok(db.execute("create table line (job bigint not null, number bigint not null, body "
                "varchar(80) not null)"));
  auto acts = job_named("acts", 2);
  acts.kind = {"act"};
  create(db, acts);
  create(db, job_named("j"));
  auto lines = [](int unit, int64_t failed, std::vector<std::string> list) {
    unit_to_commit x;
    x.job = "acts";
    x.owner = owner;
    x.unit = unit;
    x.results = 1;
    x.failed = failed;
    x.content = std::make_shared<unit_lines>(std::move(list));
    x.outcome = &failed_when_any;
    return x;
  };
  std::vector<unit_work> work;
  for (auto& unit : {lines(0, 0, {"a", "b"}), unit_of("j", 0), lines(1, 1, {"c"}), lines(0, 0, {})})
    work.push_back({unit, std::make_shared<job_progress>()});
  std::vector<const unit_work*> all;
  for (auto& x : work)
    all.push_back(&x);
  committed(db, [&] { return job_repository{db}.commit_units(all); });
  BOOST_TEST((work[0].after->state == job_status::running));
  BOOST_TEST(work[0].after->last_number == 2);
  BOOST_TEST((work[2].after->state == job_status::failed)); // Its kind's outcome.
  BOOST_TEST(work[2].after->last_number == 3);
  BOOST_TEST(work[1].after->finished == 2);
  BOOST_TEST(ok(db.count("select count(*) from line")) == 3);
  BOOST_TEST(ok(db.count("select stored from job where id = 'acts'")) == 3);
  BOOST_TEST(ok(job_repository{db}.find("acts")).last_number == 3);
  // Where one of them cannot be stored, none is, whatever its kind.
  create(db, job_named("k"));
  ok(db.execute("drop table line"));
  auto more = job_named("more", 2);
  more.kind = {"act"};
  create(db, more);
  work.resize(2);
  work[0].unit = lines(0, 0, {"x"});
  work[0].unit.job = "more";
  work[1].unit = unit_of("k", 0);
  all = {&work[0], &work[1]};
  BOOST_TEST(!transact(db, [&](database& d) { return job_repository{d}.commit_units(all); }));
  BOOST_TEST(ok(job_repository{db}.find("k")).finished == 0);
  BOOST_TEST(ok(report_repository{db}.after("ada", "k", 0, 100)).empty());
}

STORE_CASE(open_jobs_are_found_by_slot_and_owner) {
  auto& db = it.db();
  for (uint16_t i = 0; i < 5; ++i) {
    auto job = job_named("j" + std::to_string(i));
    job.slot = i;
    create(db, job);
  }
  move(db, "j1", job_status::running);
  move(db, "j2", job_status::done);
  auto ids = [](const std::vector<job_record>& jobs) {
    std::string out;
    for (const auto& x : jobs)
      out += x.id + " ";
    return out;
  };
  job_repository jobs{db};
  const uint16_t some[] = {4, 2, 1};
  BOOST_TEST(ids(ok(jobs.open_in_slots(some))) == "j1 j4 ");
  std::vector<uint16_t> all(256);
  std::iota(all.begin(), all.end(), uint16_t{0});
  BOOST_TEST(ids(ok(jobs.open_in_slots(all))) == "j0 j1 j3 j4 ");
  BOOST_TEST(ids(ok(jobs.open_in_slots(all, 2))) == "j0 j1 ");
  BOOST_TEST(ok(jobs.open_in_slots({})).empty());
  BOOST_TEST(ids(ok(jobs.open_of_owner(owner))) == "j0 j1 j3 j4 ");
  BOOST_TEST(ok(jobs.open_of_owner("bob")).empty());
}

STORE_CASE(progress_is_told_for_every_id_asked) {
  auto& db = it.db();
  create(db, job_named("a"));
  create(db, job_named("b"));
  commit(db, unit_of("b", 0));
  auto found = ok(job_repository{db}.progress(owner, {"b", "unknown", "a", "b"}));
  BOOST_REQUIRE(found.size() == 4u);
  BOOST_TEST(found[0].progress == 2);
  BOOST_TEST(found[0].state == "running");
  BOOST_TEST(found[1].task_id == "unknown");
  BOOST_TEST(found[1].progress == 0);
  BOOST_TEST(found[1].expected_report_num == 0);
  BOOST_TEST(found[2].expected_report_num == 4);
  BOOST_TEST(found[3].progress == 2);
  BOOST_TEST(ok(job_repository{db}.progress("bob", {"a"})).at(0).expected_report_num == 0);
}

STORE_CASE(tasks_show_their_plan_and_are_filtered_by_time_or_id) {
  auto& db = it.db();
  for (int i = 0; i < 5; ++i) {
    auto job = job_named("t" + std::to_string(i), 10 - i);
    job.created_ms = 1000 * (i + 1);
    create(db, job);
  }
  auto ids = [&](const tasks_query& q) {
    std::string out;
    auto page = ok(job_repository{db}.page(owner, diagnosis_kind, q));
    for (const auto& x : page.task_infos)
      out += x.task_id + " ";
    return out + "of " + std::to_string(page.total_count);
  };
  tasks_query q;
  BOOST_TEST(ids(q) == "t0 t1 t2 t3 t4 of 5");
  q.sort.emplace("expected_report_num");
  BOOST_TEST(ids(q) == "t4 t3 t2 t1 t0 of 5");
  q.sort.emplace("time");
  q.direction.emplace("desc");
  q.page.emplace(2);
  q.per_page.emplace(2);
  BOOST_TEST(ids(q) == "t2 t1 of 5");
  tasks_query by_time;
  by_time.time_range.emplace(std::vector<moment>{{2000}, {4000}});
  BOOST_TEST(ids(by_time) == "t1 t2 t3 of 3");
  by_time.task_list.emplace(std::vector<std::string>{"t4", "x"});
  BOOST_TEST(ids(by_time) == "t4 of 1");
  auto task = ok(job_repository{db}.page(owner, diagnosis_kind, by_time)).task_infos.at(0);
  BOOST_TEST(task.host_list == (std::vector<std::string>{"h1", "h2"}),
             boost::test_tools::per_element());
  BOOST_TEST(task.tree_list == std::vector<std::string>{"t"}, boost::test_tools::per_element());
  BOOST_TEST(task.time_range.at(1).ms == 20'500);
  BOOST_TEST(task.time.ms == 5000);
  BOOST_TEST(task.state == "pending");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reports)

STORE_CASE(a_report_comes_back_with_its_tree) {
  auto& db = it.db();
  create(db, job_named("j"));
  commit(db, unit_of("j", 0));
  auto found = ok(report_repository{db}.find(owner, {"report-j-0-1", "unknown", "report-j-0-0"}));
  BOOST_REQUIRE(found.size() == 2u);
  const auto& x = found[0];
  BOOST_TEST(x.row.report_id == "report-j-0-1");
  BOOST_TEST(x.row.task_id == "j");
  BOOST_TEST(x.row.number == 2);
  BOOST_TEST(x.row.start.ms == 100);
  BOOST_TEST(x.tree_digest == ok(tree_digest(tree_text)));
  BOOST_TEST(x.tree_content == tree_text);
  BOOST_TEST(x.values == (std::string{"\x01\0v", 3}));
  BOOST_TEST(x.detail == R"({"verdict":"true"})");
  BOOST_TEST(x.content_hash == "hash");
  BOOST_TEST(x.error == "");
  BOOST_TEST(ok(report_repository{db}.find("bob", {"report-j-0-1"})).empty());
}

STORE_CASE(of_a_reports_id_the_beginning_is_enough) {
  auto& db = it.db();
  create(db, job_named("j", 20));
  std::vector<report_to_store> all;
  for (int i = 0; i < 12; ++i) {
    all.push_back(report_of("j", 0, i));
    all.back().report_id = fmt::format("5f0c2d1e{:024x}", i);
  }
  all.push_back(report_of("j", 0, 12));
  all.back().report_id = "5f0c2d1f000000000000000000000000";
  commit(db, unit_with("j", 0, all));
  auto found = [&](const std::string& id, std::string_view who = owner) {
    return ok(report_repository{db}.find(who, {id})).size();
  };
  BOOST_TEST(found("5f0c2d1f") == 1u);
  BOOST_TEST(ok(report_repository{db}.find(owner, {"5f0c2d1f00"}))[0].row.report_id ==
             "5f0c2d1f000000000000000000000000");
  BOOST_TEST(found("5f0c2d1e") == 10u); // No more of them.
  BOOST_TEST(found("5f0c2d1e00000000000000000000000b") == 1u);
  BOOST_TEST(found("5f0c2d1") == 0u); // Too short.
  BOOST_TEST(found("5f0c2d2f") == 0u);
  BOOST_TEST(found("5f0c2d1%") == 0u);
  BOOST_TEST(found("5f0c2d1f", "somebody else") == 0u);
}

STORE_CASE(a_stream_goes_on_after_a_number) {
  auto& db = it.db();
  create(db, job_named("j", 100));
  for (int unit = 0; unit < 4; ++unit)
    commit(db, unit_of("j", unit, 3));
  report_repository reports{db};
  BOOST_TEST(numbers_of(ok(reports.after("ada", "j", 0, 5))) == "1 2 3 4 5 ");
  BOOST_TEST(numbers_of(ok(reports.after("ada", "j", 5, 100))) == "6 7 8 9 10 11 12 ");
  BOOST_TEST(ok(reports.after("ada", "j", 12, 100)).empty());
  BOOST_TEST(ok(reports.after("ada", "x", 0, 100)).empty());
}

STORE_CASE(reports_are_listed_by_task_or_by_filters) {
  auto& db = it.db();
  create(db, job_named("j", 100));
  create(db, job_named("k", 100));
  for (int unit = 0; unit < 4; ++unit) {
    commit(db, unit_of("j", unit));
    commit(db, unit_of("k", unit));
  }
  report_repository reports{db};
  auto total = [&](const reports_query& q) {
    auto page = ok(reports.page(owner, q));
    BOOST_TEST(page.result.size() == static_cast<size_t>(page.total_count));
    return page.total_count;
  };
  reports_query q;
  BOOST_TEST(total(q) == 16);
  q.host_list.emplace(std::vector<std::string>{"h1"});
  BOOST_TEST(total(q) == 8);
  q.tree_list.emplace(std::vector<std::string>{"t", "x"});
  BOOST_TEST(total(q) == 4);
  q.time_range.emplace(std::vector<moment>{{2100}, {2150}});
  BOOST_TEST(total(q) == 2);
  q.task_id.emplace("j");
  BOOST_TEST(total(q) == 8);
  q.task_id.emplace("unknown");
  BOOST_TEST(total(q) == 0);
  reports_query touching;
  touching.time_range.emplace(std::vector<moment>{{1200}, {1999}});
  BOOST_TEST(total(touching) == 2);
  BOOST_TEST(ok(reports.page("bob", {})).total_count == 0);
}

STORE_CASE(pages_of_reports_are_stable_and_complete_in_every_order) {
  auto& db = it.db();
  create(db, job_named("j", 100));
  create(db, job_named("k", 100));
  for (int unit = 0; unit < 6; ++unit) {
    commit(db, unit_of("j", unit));
    commit(db, unit_of("k", unit));
  }
  report_repository reports{db};
  auto ids = [](const reports_page& page) {
    std::string out;
    for (const auto& x : page.result)
      out += x.report_id + " ";
    return out;
  };
  for (auto sort : {"", "start", "time", "end", "tree_name"})
    for (auto direction : {"asc", "desc"}) {
      reports_query q;
      q.sort.emplace(sort);
      q.direction.emplace(direction);
      auto all = ids(ok(reports.page(owner, q)));
      std::string by_pages;
      q.per_page.emplace(5);
      for (int page = 1; page <= 6; ++page) {
        q.page.emplace(page);
        auto part = ok(reports.page(owner, q));
        BOOST_TEST(part.total_page == 5);
        by_pages += ids(part);
      }
      BOOST_TEST(by_pages == all);
    }
}

STORE_CASE(deleting_reports_keeps_the_progress_and_corrects_totals) {
  auto& db = it.db();
  create(db, job_named("j"));
  commit(db, unit_of("j", 0));
  commit(db, unit_of("j", 1));
  report_repository reports{db};
  auto remove = [&](const char* of, std::vector<std::string> ids) {
    return committed(db, [&] { return reports.remove(of, ids); });
  };
  BOOST_TEST(remove("bob", {"report-j-0-0"}) == 0);
  BOOST_TEST(remove(owner, {"report-j-0-0", "unknown", "report-j-0-0"}) == 1);
  BOOST_TEST(remove(owner, {}) == 0);
  BOOST_TEST(ok(reports.page(owner, {})).total_count == 3);
  reports_query q;
  q.task_id.emplace("j");
  BOOST_TEST(ok(reports.page(owner, q)).total_count == 3);
  BOOST_TEST(ok(job_repository{db}.progress(owner, {"j"})).at(0).progress == 4);
  BOOST_TEST(numbers_of(ok(reports.after("ada", "j", 0, 100))) == "2 3 4 ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(meta)

STORE_CASE(versions_grow_by_subject) {
  meta_repository meta{it.db()};
  auto before = ok(meta.read());
  ok(meta.bump("rules"));
  auto after = ok(meta.read());
  BOOST_TEST(after.rules == before.rules + 1);
  BOOST_TEST(after.hosts == before.hosts);
  BOOST_TEST(failure_of(meta.bump("weather")) == ec::internal);
}

STORE_CASE(a_lone_node_adopts_all_slots_under_the_epoch_they_have) {
  meta_repository meta{it.db()};
  auto version = ok(meta.read()).slot_map;
  ok(meta.adopt_all_slots("n"));
  auto slots = ok(meta.slots());
  BOOST_REQUIRE(slots.size() == 256u);
  for (const auto& x : slots)
    BOOST_TEST((x.node == "n" && x.epoch == 1u));
  BOOST_TEST(ok(meta.read()).slot_map == version + 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace job_test
