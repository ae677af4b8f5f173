#include "actors/store/job_store.hpp"
#include "actors/store/store_writer.hpp"
#include "messages/names.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/io/storage/report_units.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

const std::string plain_tree =
  R"({"node name":"slow","condition":"busy","children":[{"node name":"busy","check item":"hot"}]})";

struct trees_fixture : tests::store_fixture {
  ~trees_fixture() { end_all(); }
  tree_store_actor trees = of<tree_store_actor>(tree_store_name);

  expected<trees_imported> import(std::vector<std::pair<std::string, std::string>> list) {
    trees_to_import x;
    for (auto& [name, content] : list)
      x.trees.push_back({name, {content}, "", {}});
    return ask<trees_imported>(trees, admin, std::move(x));
  }
  std::vector<tree_info> found(const caller& who, std::vector<std::string> names = {}) {
    return tests::ok(ask<trees_found>(trees, who, trees_query{std::move(names)})).trees;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(trees, trees_fixture)

BOOST_AUTO_TEST_CASE(a_tree_comes_back_as_it_was_imported_and_is_replaced_by_name) {
  BOOST_TEST(tests::ok(import({{"t", plain_tree}})).succeed_list.size() == 1u);
  BOOST_TEST(tests::ok(import({{"t", plain_tree}})).update_list.size() == 1u);
  auto list = found(admin);
  BOOST_REQUIRE(list.size() == 1u);
  BOOST_TEST(
    (nlohmann::json::parse(list[0].tree_content.text) == nlohmann::json::parse(plain_tree)));
  BOOST_TEST(found(other).empty());
  BOOST_TEST(found(admin, {"unknown"}).empty());
}

BOOST_AUTO_TEST_CASE(illegal_trees_fail_alone_with_the_nodes_path) {
  std::string broken =
    R"({"node name":"slow","condition":"busy && nowhere","children":[{"node name":"busy","check item":"hot"}]})";
  auto some = tests::ok(import({{"good", plain_tree}, {"bad", broken}}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.fail_list.size() == 1u);
  auto reason = some.fail_reasons.at("bad");
  BOOST_TEST(reason.find("slow") != std::string::npos, reason);
  BOOST_TEST(reason.find("nowhere") != std::string::npos, reason);
  BOOST_TEST(tests::ok(import({{"bad", broken}})).code == 1000);
  BOOST_TEST(found(admin).size() == 1u);
}

BOOST_AUTO_TEST_CASE(warnings_name_mixed_operators_unused_children_and_items_without_rule) {
  std::string mixed = R"({"node name":"slow","condition":"a || b && c","children":[
    {"node name":"a","check item":"known"},{"node name":"b","check item":"hot"},
    {"node name":"c","check item":"known"},{"node name":"d","check item":"known"}]})";
  check_rule rule;
  rule.check_item = "known";
  rule.data_list.push_back({"busy", "kpi", {}});
  rule.condition = "$0>1";
  tests::ok(
    ask<rules_imported>(of<rule_store_actor>(rule_store_name), admin, rules_to_import{{rule}}));
  auto reply = tests::ok(import({{"t", mixed}}));
  BOOST_TEST(reply.code == 200);
  std::string paths;
  for (const auto& w : reply.warnings)
    paths += w.path + "; ";
  BOOST_TEST(reply.warnings.size() == 3u, paths);
  BOOST_TEST(paths.find("slow / b") != std::string::npos, paths);
}

BOOST_AUTO_TEST_CASE(deleted_trees_are_gone_and_unknown_ones_ignored) {
  tests::ok(import({{"t", plain_tree}, {"u", plain_tree}}));
  tests::ok(ask<done>(trees, other, trees_to_delete{{"t"}}));
  tests::ok(ask<done>(trees, admin, trees_to_delete{{"t", "unknown"}}));
  BOOST_TEST(found(admin).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

// -- the writer

BOOST_FIXTURE_TEST_SUITE(writer, tests::store_fixture)

BOOST_AUTO_TEST_CASE(orders_that_wait_are_committed_together) {
  auto writer = of<store_writer_actor>(store_writer_name);
  int done = 0, commits_seen = 0;
  for (int i = 0; i < 50; ++i)
    write(
      *store,
      unawaited(base::urgency::people),
      {},
      [&](storage::database& to) -> expected<void> {
        commits_seen += done; // Still 0 when all of them are in one transaction.
        return audit(to, 1, admin, "x", "");
      },
      [&](const expected<void>& how) { done += how.has_value(); });
  run();
  BOOST_TEST(done == 50);
  BOOST_TEST(commits_seen == 0);
}

BOOST_AUTO_TEST_CASE(a_writer_that_ends_answers_what_waits_and_a_new_one_serves) {
  std::vector<expected<void>> answers;
  auto order = [&] {
    write(
      *store,
      unawaited(base::urgency::people),
      {},
      [&](storage::database& to) { return audit(to, 1, admin, "x", ""); },
      [&](const expected<void>& how) { answers.push_back(how); });
  };
  order();
  order();
  // The exit overtakes the flush: it is urgent, the orders are in the mailbox before it or bounce.
  caf::anon_send_exit(of<store_writer_actor>(store_writer_name), caf::exit_reason::kill);
  run();
  order();
  run();
  BOOST_TEST(count("select count(*) from audit_log where action = 'x'") == 0);
  for (const auto& x : answers)
    BOOST_TEST(tests::failure_of(x) == ec::store_unreachable);
}

BOOST_AUTO_TEST_CASE(promises_of_a_dead_writer_are_answered_at_once) {
  auto trees = of<tree_store_actor>(tree_store_name);
  auto writer = of<store_writer_actor>(store_writer_name);
  end(writer);
  auto answer = ask<done>(trees, admin, trees_to_delete{{"t"}});
  BOOST_TEST(tests::failure_of(answer) == ec::unreachable);
}

BOOST_AUTO_TEST_SUITE_END()

// -- jobs and reports

namespace {

struct jobs_fixture : trees_fixture {
  ~jobs_fixture() { end_all(); }
  full_job_store_actor jobs = of<full_job_store_actor>(job_store_name);
  report_store_actor reports = of<report_store_actor>(report_store_name);

  job_to_create job_named(const std::string& id, const std::string& key = {}) {
    tests::ok(import({{"t", plain_tree}}));
    job_to_create x;
    x.trees = tests::ok(ask<tree_contents>(trees, find_trees{"admin", {"t"}})).trees;
    x.job.id = id;
    x.job.kind = diagnosis_kind;
    x.job.owner = x.job.user = "admin";
    x.job.slot = schedule::slot_of(id);
    x.job.idempotency_key = key;
    x.job.plan = R"({"host_list":["h"],"time_range":[0,120],"tree_list":["t"],"interval":60})";
    x.job.expected = 2;
    return x;
  }

  storage::unit_to_commit unit(const job_to_create& x, int64_t number) {
    storage::unit_to_commit u;
    u.held = slots->fence_of(x.job.id);
    u.job = x.job.id;
    u.owner = "admin";
    u.unit = number;
    report_to_store r;
    r.report_id = "r" + std::to_string(number);
    r.host_id = "h";
    r.tree_name = "t";
    r.tree_digest = x.trees[0].digest;
    r.start_ms = number * 60'000;
    r.end_ms = r.start_ms + 60'000;
    r.detail = R"({"verdict":"unknown","root_causes":[],"error":"no"})";
    r.error = "no";
    u.content = std::make_shared<storage::unit_reports>(std::vector{r});
    return u;
  }

  task_progress progress(const caller& who, const std::string& id) {
    return tests::ok(ask<progress_found>(reports, who, progress_query{{id}})).result.at(0);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(jobs, jobs_fixture)

BOOST_AUTO_TEST_CASE(the_same_key_names_the_same_job) {
  BOOST_TEST(!tests::ok(ask<job_created>(jobs, job_named("j1", "k"))).existed);
  auto again = tests::ok(ask<job_created>(jobs, job_named("j2", "k")));
  BOOST_TEST(again.existed);
  BOOST_TEST(again.id == "j1");
  BOOST_TEST(tests::ok(ask<job_records>(jobs, open_jobs{})).jobs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_unit_counts_once_and_the_last_one_ends_the_job) {
  auto x = job_named("j");
  tests::ok(ask<job_created>(jobs, x));
  BOOST_TEST(tests::ok(ask<job_progress>(jobs, unit(x, 0))).finished == 1);
  BOOST_TEST(tests::ok(ask<job_progress>(jobs, unit(x, 0))).finished == 1);
  BOOST_TEST(tests::ok(ask<job_state>(jobs, load_job{"j"})).done_units.size() == 1u);
  auto last = tests::ok(ask<job_progress>(jobs, unit(x, 1)));
  BOOST_TEST((last.state == job_status::done));
  BOOST_TEST(last.last_number == 2);
  BOOST_TEST(tests::ok(ask<job_records>(jobs, open_jobs{})).jobs.empty());
}

BOOST_AUTO_TEST_CASE(a_write_under_another_epoch_is_fenced) {
  auto x = job_named("j");
  tests::ok(ask<job_created>(jobs, x));
  auto late = unit(x, 0);
  late.held.epoch = 7;
  BOOST_TEST(tests::failure_of(ask<job_progress>(jobs, late)) == ec::fenced);
  BOOST_TEST(progress(admin, "j").progress == 0);
}

BOOST_AUTO_TEST_CASE(only_the_owner_sees_cancels_and_deletes) {
  auto x = job_named("j");
  tests::ok(ask<job_created>(jobs, x));
  tests::ok(ask<job_progress>(jobs, unit(x, 0)));
  BOOST_TEST(progress(other, "j").expected_report_num == 0);
  BOOST_TEST(
    tests::ok(ask<tasks_cancelled>(jobs, other, tasks_to_cancel{{"j"}})).cancelled.empty());
  BOOST_TEST(tests::failure_of(ask<reports_page>(reports, other, new_reports_query{"j", 0, 10})) ==
             ec::not_found);
  BOOST_TEST(
    tests::ok(ask<reports_page>(reports, admin, new_reports_query{"j", 0, 10})).result.size() ==
    1u);
  tests::ok(ask<done>(reports, other, reports_to_delete{{"r0"}}));
  auto found =
    tests::ok(ask<reports_found>(reports, admin, report_list_query{{"r0", "unknown"}})).result;
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].error == "no");
  BOOST_TEST(found[0].report.text == "{}");
  BOOST_TEST(found[0].tree_version == x.trees[0].digest);
  BOOST_TEST(
    tests::ok(ask<reports_found>(reports, other, report_list_query{{"r0"}})).result.empty());
  tests::ok(ask<done>(reports, admin, reports_to_delete{{"r0"}}));
  BOOST_TEST(
    tests::ok(ask<reports_found>(reports, admin, report_list_query{{"r0"}})).result.empty());
  BOOST_TEST(progress(admin, "j").progress == 1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_stays_cancelled) {
  auto x = job_named("j");
  tests::ok(ask<job_created>(jobs, x));
  auto cancelled = tests::ok(ask<tasks_cancelled>(jobs, admin, tasks_to_cancel{{"j", "unknown"}}));
  BOOST_TEST(cancelled.code == 206);
  BOOST_TEST(cancelled.cancelled.size() == 1u);
  BOOST_TEST(cancelled.ignored.size() == 1u);
  BOOST_TEST((tests::ok(ask<job_progress>(jobs, unit(x, 0))).state == job_status::cancelled));
  BOOST_TEST(progress(admin, "j").progress == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_its_user_is_out_of_the_queue_until_he_resumes_it) {
  auto x = job_named("j");
  tests::ok(ask<job_created>(jobs, x));
  auto held = slots->fence_of("j");
  tests::ok(ask<job_progress>(jobs, job_to_move{held, "j", job_status::running}));
  tests::ok(ask<job_progress>(jobs, storage::unit_to_begin{held, "j", 0, 1}));
  auto stale = held;
  stale.epoch = 7;
  BOOST_TEST(tests::failure_of(ask<job_progress>(jobs, storage::unit_to_begin{stale, "j", 1, 1})) ==
             ec::fenced);
  tests::ok(ask<job_progress>(jobs, job_to_move{held, "j", job_status::interrupted}));
  BOOST_TEST(tests::ok(ask<job_records>(jobs, open_jobs{})).jobs.empty());
  BOOST_TEST(progress(admin, "j").state == "interrupted");
  BOOST_TEST(tests::ok(ask<tasks_resumed>(jobs, other, tasks_to_resume{{"j"}})).resumed.empty());
  BOOST_TEST(tests::ok(ask<tasks_resumed>(jobs, admin, tasks_to_resume{{"j"}})).resumed.size() ==
             1u);
  BOOST_TEST(tests::ok(ask<job_records>(jobs, open_jobs{})).jobs.size() == 1u);
  BOOST_TEST(count("select count(*) from audit_log where action = 'task.resume'") == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
