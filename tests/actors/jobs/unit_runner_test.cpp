#include "actors/check/check_job.hpp"
#include "actors/diag/diag_plan.hpp"
#include "messages/names.hpp"
#include "tests/actors/jobs/jobs_fixture.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <random>

namespace aops::actors {

namespace {

struct runner_fixture : tests::jobs_fixture {
  runner_fixture() {
    add_canned_host("h1");
    add_canned_host("h2");
  }
  ~runner_fixture() {
    open.clear();
    end_all();
  }

  static constexpr int64_t per_unit = slices_per_unit; ///< Reports.

  std::multiset<int64_t> units_asked() const {
    std::multiset<int64_t> out;
    for (const auto& x : asked)
      out.insert(x.unit);
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(units, runner_fixture)

BOOST_AUTO_TEST_CASE(a_job_pulls_each_unit_once_and_ends) {
  store_job("j", {"h1", "h2"}, 10);
  auto job = run_job("j");
  BOOST_TEST(!is_alive(job));
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(reports("j") == 20 * per_unit);
  BOOST_TEST(asked.size() == 20u);
  auto units = units_asked();
  BOOST_TEST(std::set<int64_t>(units.begin(), units.end()).size() == 20u);
}

BOOST_AUTO_TEST_CASE(at_most_eight_units_are_under_way) {
  how = manner::stay_silent;
  store_job("j", {"h1", "h2"}, 10);
  run_job("j");
  BOOST_TEST(asked.size() == 8u);
  BOOST_TEST(progress("j").state == "running");
  release(3);
  BOOST_TEST(asked.size() == 11u);
  BOOST_TEST(progress("j").progress == 3 * per_unit);
  while (!open.empty())
    release();
  BOOST_TEST(asked.size() == 20u);
  BOOST_TEST(progress("j").state == "done");
}

BOOST_AUTO_TEST_CASE(a_unit_names_host_slices_trees_and_a_deadline) {
  store_job("j", {"h1", "h2"}, 2);
  run_job("j");
  BOOST_REQUIRE(asked.size() == 4u);
  const auto& last = asked[3];
  BOOST_TEST(last.job == "j");
  BOOST_TEST(last.host_id == "h2");
  BOOST_TEST(last.trees.size() == 1u);
  BOOST_REQUIRE(last.bounds_ms.size() == static_cast<size_t>(per_unit + 1));
  BOOST_TEST(last.bounds_ms.front() == per_unit * 60'000);
  BOOST_TEST(last.bounds_ms.back() == 2 * per_unit * 60'000);
  BOOST_TEST(last.deadline_ms == now->now_ms() + settings->diag.unit_timeout.ms);
}

BOOST_AUTO_TEST_CASE(a_restarted_job_asks_only_for_what_is_missing) {
  answers_left = 5;
  store_job("j", {"h1", "h2"}, 10);
  auto job = run_job("j");
  BOOST_TEST(progress("j").progress == 5 * per_unit);
  end(job);
  open.clear();
  asked.clear();
  answers_left = INT64_MAX;
  run_job("j");
  BOOST_TEST(asked.size() == 15u);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(progress("j").progress == 20 * per_unit);
  BOOST_TEST(reports("j") == 20 * per_unit);
}

BOOST_AUTO_TEST_CASE(however_often_it_is_killed_every_report_is_there_once) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 random{seed};
    auto id = "j" + std::to_string(seed);
    auto expected_reports = store_job(id, {"h1", "h2"}, 8).expected;
    int lives = 0;
    while (progress(id).state != "done" && lives++ < 100) {
      answers_left = random() % 4;
      auto job = run_job(id);
      release(random() % 3);
      end(job, random() % 2 ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
      if (random() % 2)
        release(); // Answers to the dead.
      open.clear();
    }
    BOOST_TEST(progress(id).state == "done");
    BOOST_TEST(reports(id) == expected_reports);
    BOOST_TEST(progress(id).progress == expected_reports);
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_ended_is_not_run_again) {
  store_job("j", {"h1"}, 1);
  run_job("j");
  asked.clear();
  BOOST_TEST(!is_alive(run_job("j")));
  BOOST_TEST(!is_alive(run_job("no such job")));
  BOOST_TEST(asked.empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_never_answers_becomes_reports_with_the_reason) {
  how = manner::stay_silent;
  store_job("j", {"h1"}, 2);
  run_job("j");
  pass(3min);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(asked.size() == 6u);
  auto all = errors("j");
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all.begin()->first.find("timed_out") == 0u, all.begin()->first);
  BOOST_TEST(all.begin()->second == 2 * per_unit);
  BOOST_TEST(log.count("unit-given-up") == 2u);
  release(); // Comes too late.
  BOOST_TEST(reports("j") == 2 * per_unit);
}

BOOST_AUTO_TEST_CASE(a_host_without_actor_becomes_reports_with_the_reason_and_others_go_on) {
  store_job("j", {"h1", "nowhere"}, 1);
  run_job("j");
  BOOST_TEST(progress("j").progress == per_unit);
  pass(10s);
  BOOST_TEST(progress("j").state == "done");
  auto all = errors("j");
  BOOST_TEST(all.size() == 2u);
  BOOST_TEST(all["canned"] == per_unit);
  BOOST_TEST(all["unreachable: host nowhere: host/nowhere is down"] == per_unit);
}

BOOST_AUTO_TEST_CASE(a_host_that_recovers_in_time_is_asked_again) {
  how = manner::refuse;
  store_job("j", {"h1"}, 1);
  run_job("j");
  BOOST_TEST(asked.size() == 1u);
  how = manner::answer;
  pass(2s);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(asked.size() == 2u);
  BOOST_TEST(errors("j")["canned"] == per_unit);
}

BOOST_AUTO_TEST_CASE(a_silent_host_does_not_delay_the_second_attempt_at_another) {
  how = manner::stay_silent;
  store_job("j", {"h1", "h2"}, 1);
  take_away(host_name_of("h2"));
  run_job("j");
  BOOST_TEST(asked.size() == 1u);
  how = manner::answer;
  give_back(host_name_of("h2"));
  pass(2s);
  BOOST_TEST(asked.size() == 2u);
  BOOST_TEST(progress("j").progress == per_unit);
}

BOOST_AUTO_TEST_CASE(at_its_deadline_a_job_reports_what_is_missing_and_ends) {
  settings->diag.deadline = base::seconds(40);
  answers_left = 3;
  store_job("j", {"h1", "h2"}, 10);
  auto job = run_job("j");
  pass(39s);
  BOOST_TEST(progress("j").state == "running");
  pass(1s); // Nobody is waited for any longer.
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(!is_alive(job));
  BOOST_TEST(reports("j") == 20 * per_unit);
  int64_t late = 0;
  for (const auto& [reason, n] : errors("j"))
    if (reason.find("the job's deadline passed") == 0)
      late += n;
  BOOST_TEST(late == 17 * per_unit);
}

BOOST_AUTO_TEST_CASE(hosts_whose_slot_changes_hands_get_time_before_a_unit_is_given_up) {
  auto map = std::make_shared<cluster_map>();
  services->map = map;
  auto own = [&](const std::string& node, uint64_t epoch) {
    auto view = std::make_shared<schedule::cluster_view>();
    view->slots.assign(schedule::slot_count, {node, epoch, {}});
    map->set(view);
  };
  own("n2", 1);
  services->moves->look(*map->get(), now->now_ms());
  store_job("j", {"h1"}, 1);
  take_away(host_name_of("h1"));
  own("", 2);
  run_job("j");
  pass(10s);
  own("n1", 3);
  pass(5s);
  BOOST_TEST(progress("j").state == "running");
  give_back(host_name_of("h1"));
  pass(2s);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(errors("j")["canned"] == per_unit);
}

BOOST_AUTO_TEST_CASE(a_host_that_nobody_takes_over_ends_with_its_reason) {
  auto map = std::make_shared<cluster_map>();
  services->map = map;
  auto view = std::make_shared<schedule::cluster_view>();
  view->slots.assign(schedule::slot_count, {"", 2, {}});
  map->set(view);
  store_job("j", {"nowhere"}, 1);
  run_job("j");
  pass(19s);
  BOOST_TEST(progress("j").state == "running");
  pass(10s);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(errors("j").begin()->first.find("unreachable") == 0u);
}

BOOST_AUTO_TEST_CASE(each_node_is_asked_for_eight_units_and_a_silent_one_holds_up_no_other) {
  auto map = std::make_shared<cluster_map>();
  services->map = map;
  auto view = std::make_shared<schedule::cluster_view>();
  view->slots.assign(schedule::slot_count, {"n1", 1, {}});
  std::vector<std::string> hosts;
  for (auto id : {"h1", "h2", "a1", "a2", "a3"}) {
    if (id[0] == 'a')
      add_canned_host(id);
    hosts.push_back(id);
    view->slots[schedule::slot_of(id)].node = id[0] == 'a' ? "n2" : "n1";
  }
  map->set(view);
  how = manner::stay_silent;
  store_job("j", hosts, 10);
  run_job("j");
  std::map<char, int> by_node;
  std::map<std::string, int> by_host;
  for (const auto& x : asked) {
    ++by_node[x.host_id[0]];
    ++by_host[x.host_id];
  }
  BOOST_TEST(by_node['h'] == 8);
  BOOST_TEST(by_node['a'] == 8);
  for (const auto& [host, n] : by_host)
    BOOST_TEST(n <= 4);
  while (!open.empty())
    release();
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(asked.size() == 50u);
}

BOOST_AUTO_TEST_CASE(a_job_writes_under_the_epoch_of_its_start_for_ever) {
  how = manner::stay_silent;
  store_job("j", {"h1"}, 1);
  auto job = run_job("j");
  tests::ok(db().execute("update slot set epoch = 2"));
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    slots->set(slot, 2); // Ours again, but this actor is of the past.
  release();
  BOOST_TEST(!is_alive(job));
  BOOST_TEST(reports("j") == 0);
}

BOOST_AUTO_TEST_CASE(pairs_of_a_check_that_nobody_answers_count_as_failed) {
  auto job = store_job("c", {"h1"}, 1);
  tests::ok(db().execute("delete from job_tree"));
  tests::ok(db().execute("delete from job"));
  job.kind = check_kind_name;
  job.plan = write_check_plan({{"h1", "nowhere"}, {"a", "b"}, 0, 60'000});
  job.expected = 4;
  tests::ok(ask<job_created>(of<job_store_actor>(job_store_name), job_to_create{job, {}}));
  BOOST_TEST(!progress("c").failed.has_value()); // Nothing to tell of yet.
  start_as(job_name_of("c"), check_job, job_services_ptr{services}, std::string{"c"});
  pass(10s);
  auto row = tests::ok(ask<job_state>(of<job_store_actor>(job_store_name), load_job{"c"})).job;
  BOOST_TEST((row.state == job_status::done));
  BOOST_TEST(row.finished == 4);
  BOOST_TEST(row.failed == 2);
  BOOST_TEST(progress("c").state == "done");
  BOOST_TEST(progress("c").failed.value_or(0) == 2);
  BOOST_TEST(log.count("check-incomplete") == 1u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_stores_nothing_more) {
  how = manner::stay_silent;
  store_job("j", {"h1"}, 10);
  auto job = run_job("j");
  release(1);
  tests::ok(
    ask<tasks_cancelled>(of<job_store_actor>(job_store_name), admin, tasks_to_cancel{{"j"}}));
  release();
  BOOST_TEST(!is_alive(job));
  BOOST_TEST(progress("j").state == "cancelled");
  BOOST_TEST(reports("j") == per_unit);
}

BOOST_AUTO_TEST_CASE(a_job_whose_slot_went_elsewhere_ends_without_a_trace) {
  how = manner::stay_silent;
  store_job("j", {"h1"}, 10);
  auto job = run_job("j");
  tests::ok(db().execute("update slot set epoch = 2"));
  release(1);
  BOOST_TEST(!is_alive(job));
  BOOST_TEST(reports("j") == 0);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_for_a_while_costs_nothing_but_time) {
  how = manner::stay_silent;
  store_job("j", {"h1"}, 4);
  run_job("j");
  take_away(store_writer_name);
  how = manner::answer;
  release();
  pass(3s);
  take_away(job_store_name);
  pass(3s);
  give_back(job_store_name);
  give_back(store_writer_name);
  pass(10s);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(reports("j") == 4 * per_unit);
  BOOST_TEST(errors("j")["canned"] == 4 * per_unit);
}

BOOST_AUTO_TEST_CASE(a_job_begins_when_the_store_comes_back) {
  store_job("j", {"h1"}, 1);
  take_away(job_store_name);
  run_job("j");
  pass(3s);
  give_back(job_store_name);
  pass(1s);
  BOOST_TEST(progress("j").state == "done");
}

BOOST_AUTO_TEST_CASE(however_many_units_fail_a_job_keeps_few_alarms) {
  settings->diag.deadline = base::seconds(1);
  store_job("j", {"nowhere"}, 20);
  auto job = run_job("j");
  take_away(job_store_name);
  pass(2min);
  auto& turned = static_cast<caf::scheduler::test_coordinator&>(system.scheduler()).clock();
  BOOST_TEST(turned.schedule().size() < 5u);
  give_back(job_store_name);
  pass(20s);
  BOOST_TEST(progress("j").state == "done");
  BOOST_TEST(!is_alive(job));
}

BOOST_AUTO_TEST_CASE(a_plan_is_read_as_it_was_written) {
  std::vector<std::string> hosts{"h1", "h2"};
  std::vector<std::string> trees{"plain", R"(with "marks" and \)", "磁盘慢", "two\nlines"};
  fault::plan_request request{hosts, trees, 500, 120'500, 60'000};
  auto plan = tests::ok(fault::make_plan(request, hosts, trees));
  auto again = tests::ok(read_diag_plan(write_diag_plan(plan, request)));
  BOOST_TEST((again.hosts == hosts));
  BOOST_TEST((again.trees == trees));
  BOOST_TEST(again.slices.size() == 2u);
  BOOST_TEST(again.slices.front().start_ms == 500);
  BOOST_TEST(again.slices.back().end_ms == 120'500);
}

BOOST_AUTO_TEST_CASE(a_job_with_a_broken_plan_fails) {
  store_job("j", {"h1"}, 1);
  tests::ok(db().execute("update job set plan = '{}'"));
  run_job("j");
  BOOST_TEST(progress("j").state == "failed");
  BOOST_TEST(log.count("job-plan-broken") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
