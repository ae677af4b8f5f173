#include "actors/task/run_job.hpp"
#include "messages/names.hpp"
#include "tests/actors/task/run_fixture.hpp"

namespace aops::actors {

namespace {

const std::string careful = R"([{"step": "a", "enable": true, "idempotent": true},
                                {"step": "b", "enable": true}])";

deploy_tasks_to_execute with_canary_and_serial() {
  deploy_tasks_to_execute x;
  x.canary.emplace(std::vector<std::string>{"h2"});
  x.serial.emplace(json_text{"1"});
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_run, tests::run_fixture)

BOOST_AUTO_TEST_CASE(does_its_steps_one_after_the_other_on_all_hosts) {
  deploy_tasks_to_execute how;
  how.vars.emplace(json_text{R"({"port":1})"});
  how.forks.emplace(7);
  auto run = run_task(make_task(), how);
  BOOST_TEST(state(run) == "running");
  BOOST_TEST(plays() == 1u);
  BOOST_TEST(play().hosts() == "h1 h2 h3");
  BOOST_TEST(play().order.playbook == R"([{"hosts":"all","name":"a"}])");
  BOOST_TEST(play().order.vars == R"({"port":1})");
  BOOST_TEST(play().order.forks == 7);
  BOOST_TEST(hosts(run).starts_with("a h1 running, a h2 running"));
  end_well(play());
  BOOST_TEST(plays() == 2u);
  BOOST_TEST(play().order.playbook == R"([{"hosts":"all","name":"b"}])");
  end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(hosts(run) == "a h1 ok, a h2 ok, a h3 ok, b h1 ok, b h2 ok, b h3 ok");
  BOOST_TEST(info(run).hosts.ok == 3);
  BOOST_TEST(count("select count(*) from run_lock") == 0);
  BOOST_TEST(player->cleaned.empty());
}

BOOST_AUTO_TEST_CASE(needs_the_vault_key_a_task_and_hosts) {
  auto task = make_task();
  BOOST_TEST(execute("no").error().detail == "task_list[0]: no such task");
  auto bare = make_task();
  BOOST_TEST(
    tests::ok(db().run("delete from deploy_task_host where task = (select n from deploy_task "
                       "where id = ?)",
                       bare)) == 3);
  BOOST_TEST(execute(bare).error().detail == "task_list[0]: has no hosts");
  deploy_tasks_to_execute bad;
  bad.serial.emplace(json_text{"0"});
  BOOST_TEST((execute(task, bad).error() == ec::bad_request));
  unlocked.clear();
  BOOST_TEST((execute(task).error() == ec::vault_key));
  BOOST_TEST(count("select count(*) from run") == 0);
}

BOOST_AUTO_TEST_CASE(takes_what_its_templates_declare_and_hides_secrets) {
  template_to_import x;
  x.template_name = "p";
  x.template_content.text = R"([{"hosts":"all"}])";
  x.parameters.emplace(json_text{R"([{"name":"port","type":"port","default":80},
                                     {"name":"token","type":"secret","required":true}])"});
  x.idempotent.emplace(true);
  x.timeout.emplace("90s");
  auto templates = of<template_store_actor>(template_store_name);
  tests::ok(ask<template_imported>(templates, admin, x));
  deploy_task_to_generate task;
  task.task_name = "with parameters";
  task.template_name = {"p"};
  task.host_list.emplace(std::vector<std::string>{"h1"});
  auto tasks = of<task_store_actor>(task_store_name);
  auto id = tests::ok(ask<deploy_task_generated>(tasks, admin, task)).task_id;
  BOOST_TEST(execute(id).error().detail.starts_with("task_list[0]: vars.token"));
  deploy_tasks_to_execute how;
  how.vars.emplace(json_text{R"({"token":"hunter2"})"});
  run_task(id, how);
  BOOST_TEST(play().order.vars == R"({"port":80,"token":"hunter2"})");
  BOOST_REQUIRE(play().order.secrets.size() == 1u);
  BOOST_TEST(play().order.secrets[0].text == "hunter2");
  BOOST_TEST(play().order.timeout.count() == 90'000);
  BOOST_TEST(count("select count(*) from job where plan like '%hunter2%'") == 0);
}

BOOST_AUTO_TEST_CASE(ends_when_a_step_fails_that_may_not) {
  auto run = run_task(make_task());
  end_as(play(), "h1 ok,h2 failed,h3 unreachable");
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(info(run).reason == "step a failed");
  BOOST_TEST(hosts(run) == "a h1 ok, a h2 failed, a h3 unreachable, b h1 skipped, b h2 skipped, "
                           "b h3 skipped");
  BOOST_TEST(info(run).hosts.failed == 1);
  BOOST_TEST(info(run).hosts.skipped == 1);
  run_hosts_query q;
  q.execution_id = run;
  q.state.emplace(std::vector<std::string>{"failed"});
  auto failed = tests::ok(ask<run_hosts_page>(runs, admin, q)).results;
  BOOST_REQUIRE(failed.size() == 1u);
  BOOST_TEST(failed[0].action == "install");
  BOOST_TEST(failed[0].message == "no such package");
}

BOOST_AUTO_TEST_CASE(begins_with_the_canary_and_goes_on_batch_by_batch) {
  auto run = run_task(make_task(), with_canary_and_serial());
  for (const auto* batch : {"h2", "h1", "h3"}) {
    BOOST_TEST(play().hosts() == batch);
    end_well(play());
  }
  end_as(play(), "h2 failed");
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(plays() == 4u);
}

BOOST_AUTO_TEST_CASE(does_after_a_crash_what_is_unfinished_where_that_does_no_harm) {
  auto run = run_task(make_task(careful), with_canary_and_serial());
  end_well(play()); // h2
  crash(run, true);
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h1"}, boost::test_tools::per_element());
  BOOST_TEST(play().hosts() == "h1");
  end_well(play());
  BOOST_TEST(play().hosts() == "h3"); // And not h2 once more.
  end_well(play());
  for (int i = 0; i < 3; ++i)
    end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(count("select sum(attempts) from run_host") == 7);
  BOOST_TEST(count("select finished from job") == 6);
}

BOOST_AUTO_TEST_CASE(asks_its_user_after_a_crash_where_doing_it_again_may_do_harm) {
  auto run = run_task(make_task());
  auto before = plays();
  crash(run, true);
  BOOST_TEST(state(run) == "interrupted");
  BOOST_TEST(plays() == before);
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h1 h2 h3"},
             boost::test_tools::per_element());
  BOOST_TEST(hosts(run).starts_with("a h1 interrupted, a h2 interrupted, a h3 interrupted, b h1"));
  pass(1min);
  BOOST_TEST(plays() == before);
  BOOST_TEST(resume(run).accepted.empty()); // Without a decision nothing happens.
  BOOST_TEST(state(run) == "interrupted");
  BOOST_TEST(resume(run, "again").accepted.size() == 1u);
  BOOST_TEST(play().hosts() == "h1 h2 h3");
  end_well(play());
  end_well(play());
  BOOST_TEST(state(run) == "done");
}

BOOST_AUTO_TEST_CASE(leaves_out_on_its_users_word_who_was_interrupted) {
  auto run = run_task(make_task(), with_canary_and_serial());
  end_well(play()); // h2
  crash(run, true);
  BOOST_TEST(state(run) == "interrupted");
  BOOST_TEST(resume(run, "skip").accepted.size() == 1u);
  BOOST_TEST(play().hosts() == "h3");
  end_well(play());
  BOOST_TEST(play().hosts() == "h2"); // Step b, without h1.
  end_well(play());
  BOOST_TEST(play().hosts() == "h3");
  end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(info(run).hosts.interrupted == 1);
}

BOOST_AUTO_TEST_CASE(waits_for_the_key_when_it_is_gone_and_goes_on_when_it_is_entered) {
  auto run = run_task(make_task(careful));
  crash(run);
  BOOST_TEST(state(run) == "waiting_for_key");
  auto before = plays();
  pass(1min);
  BOOST_TEST(plays() == before);
  tell(intake, admin, vault_opened{});
  pass(3s);
  BOOST_TEST(state(run) == "running");
  BOOST_TEST(plays() == before + 1);
  BOOST_TEST(play().hosts() == "h1 h2 h3");
}

BOOST_AUTO_TEST_CASE(ends_all_that_it_started_when_it_is_stopped) {
  auto run = run_task(make_task());
  BOOST_TEST(act<runs_to_stop>(run).accepted.size() == 1u);
  pass(1s);
  BOOST_TEST(play().is_cancelled);
  end_as(play(), "h1 ok,h2 -,h3 -", fail(ec::cancelled));
  pass(1s);
  BOOST_TEST(state(run) == "cancelled");
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 interrupted, a h3 interrupted"));
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h2 h3"},
             boost::test_tools::per_element());
  BOOST_TEST(count("select count(*) from run_lock") == 0);
  auto again = act<runs_to_stop>(run);
  BOOST_TEST(again.code == 1000);
  BOOST_TEST(again.ignored.at(0).reason == "it is cancelled");
}

BOOST_AUTO_TEST_CASE(waits_for_hosts_on_which_another_run_is_at_work) {
  auto first = run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h2", "h1"}));
  BOOST_TEST(plays() == 1u);
  BOOST_TEST(state(second) == "pending");
  BOOST_TEST(info(second).reason == "run " + first + " is at work on host name-h1");
  end_as(*player->plays[0], "h1 failed");
  BOOST_TEST(state(first) == "failed");
  pass(3s);
  BOOST_TEST(plays() == 2u);
  BOOST_TEST(play().hosts() == "h2 h1");
}

BOOST_AUTO_TEST_CASE(that_may_be_beside_others_goes_beside_those_that_may_too) {
  deploy_tasks_to_execute beside;
  beside.allow_parallel.emplace(true);
  auto first = run_task(make_task({}, {"h1"}), beside);
  auto second = run_task(make_task({}, {"h1", "h2"}), beside);
  BOOST_TEST(plays() == 2u);
  auto alone = run_task(make_task({}, {"h2"}));
  BOOST_TEST(plays() == 2u);
  BOOST_TEST(info(alone).reason == "run " + second + " is at work on host name-h2");
  end_as(*player->plays[1], "h1 failed,h2 failed");
  pass(3s);
  BOOST_TEST(plays() == 3u);
  BOOST_TEST(state(alone) == "running");
  auto third = run_task(make_task({}, {"h2", "h3"}), beside);
  BOOST_TEST(state(third) == "pending");
  BOOST_TEST(info(third).reason == "run " + alone + " is at work on host name-h2");
  end_as(play(), "h2 failed");
  pass(3s);
  BOOST_TEST(state(third) == "running");
  BOOST_TEST(state(first) == "running");
}

BOOST_AUTO_TEST_CASE(that_waits_for_hosts_can_be_stopped) {
  run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h1"}));
  act<runs_to_stop>(second);
  BOOST_TEST(state(second) == "cancelled");
  pass(5s);
  BOOST_TEST(!names->find(job_name_of(second)));
  BOOST_TEST(plays() == 1u);
}

BOOST_AUTO_TEST_CASE(waits_for_its_turn_when_many_are_at_work) {
  services->places = std::make_shared<run_places>(1);
  auto first = run_task(make_task({}, {"h1"}));
  auto second = run_task(make_task({}, {"h2"}));
  BOOST_TEST(state(first) == "running");
  BOOST_TEST(state(second) == "pending");
  end_as(play(), "h1 failed");
  pass(3s);
  BOOST_TEST(state(second) == "running");
}

BOOST_AUTO_TEST_CASE(stops_what_it_plays_when_its_node_loses_the_lease) {
  auto run = run_task(make_task(careful));
  is_sure = false;
  pass(1s);
  BOOST_TEST(play().is_cancelled);
  end_as(play(), "h1 ok,h2 -,h3 -", fail(ec::fenced));
  pass(5s);
  BOOST_TEST(plays() == 1u); // It acts no more.
  is_sure = true;
  pass(5s);
  BOOST_TEST(play().hosts() == "h2 h3"); // Step a may be done again.
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h2 h3"},
             boost::test_tools::per_element());
  BOOST_TEST(state(run) == "running");
}

BOOST_AUTO_TEST_CASE(tells_plays_how_long_they_may_go_on) {
  auto until = std::chrono::steady_clock::now() + 5s;
  services->sure_until = [&] { return std::optional{until}; };
  run_task(make_task());
  BOOST_REQUIRE(play().until);
  BOOST_TEST((*play().until == until));
  until += 1s;
  pass(1s);
  BOOST_TEST((*play().until == until));
}

BOOST_AUTO_TEST_CASE(begins_nothing_while_it_is_paused) {
  auto run = run_task(make_task());
  act<runs_to_pause>(run);
  pass(1s);
  BOOST_TEST(state(run) == "running"); // What has begun goes on.
  end_well(play());
  BOOST_TEST(state(run) == "paused");
  BOOST_TEST(plays() == 1u);
  BOOST_TEST(resume(run).accepted.size() == 1u);
  BOOST_TEST(plays() == 2u);
  end_well(play());
  BOOST_TEST(state(run) == "done");
}

BOOST_AUTO_TEST_CASE(waits_for_approval_before_the_steps_that_need_it) {
  deploy_tasks_to_execute how;
  how.approve.emplace(std::vector<std::string>{"b"});
  auto run = run_task(make_task(), how);
  BOOST_TEST(act<runs_to_approve>(run).ignored.at(0).reason == "it is running");
  end_well(play());
  BOOST_TEST(state(run) == "waiting_for_approval");
  BOOST_TEST(info(run).reason == "waits for approval before step b");
  BOOST_TEST(resume(run).accepted.empty());
  BOOST_TEST(act<runs_to_approve>(run).accepted.size() == 1u);
  BOOST_TEST(plays() == 2u);
  end_well(play());
  BOOST_TEST(state(run) == "done");
}

BOOST_AUTO_TEST_CASE(of_failed_hosts_begins_where_each_stopped) {
  auto run = run_task(make_task(R"([{"step": "a", "enable": true, "continue": true},
                                    {"step": "b", "enable": true}])"));
  runs_to_retry again;
  again.execution_list = {run};
  BOOST_TEST(ask<deploy_tasks_started>(intake, admin, again).error().detail ==
             "execution_list[0]: has not ended");
  end_as(play(), "h1 ok,h2 failed,h3 ok");
  end_as(play(), "h1 failed,h3 ok");
  BOOST_TEST(state(run) == "failed");
  auto next = tests::ok(ask<deploy_tasks_started>(intake, admin, again)).execution_id.at(0);
  BOOST_TEST(*info(next).retry_of == run);
  BOOST_TEST(play().hosts() == "h2"); // Step a.
  end_well(play());
  BOOST_TEST(play().hosts() == "h1 h2");
  end_well(play());
  BOOST_TEST(state(next) == "done");
  again.execution_list = {next};
  BOOST_TEST(ask<deploy_tasks_started>(intake, admin, again).error().detail ==
             "execution_list[0]: all its hosts ended well");
}

BOOST_AUTO_TEST_CASE(is_timed_out_when_a_step_takes_too_long) {
  deploy_tasks_to_execute how;
  how.step_timeout.emplace(60);
  auto run = run_task(make_task(), how);
  BOOST_TEST(play().order.timeout.count() == 60'000);
  end_as(play(), "h1 ok,h2 -,h3 -", fail(ec::timed_out));
  pass(1s);
  BOOST_TEST(state(run) == "timed_out");
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 failed, a h3 failed"));
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h2 h3"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_timed_out_when_all_of_it_takes_too_long) {
  deploy_tasks_to_execute how;
  how.timeout.emplace(100);
  auto run = run_task(make_task(), how);
  pass(70s);
  end_well(play());
  BOOST_TEST(play().order.timeout.count() == 30'000); // What is left.
  pass(31s);
  end_as(play(), "h1 -,h2 -,h3 -", fail(ec::timed_out));
  pass(1s);
  BOOST_TEST(state(run) == "timed_out");
}

BOOST_AUTO_TEST_CASE(is_not_timed_out_because_an_earlier_step_was) {
  auto run = run_task(make_task(R"([{"step": "a", "enable": true, "continue": true},
                                    {"step": "b", "enable": true}])"));
  end_as(play(), "h1 ok,h2 -,h3 ok", fail(ec::timed_out));
  end_as(play(), "h1 failed,h3 ok");
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(info(run).reason == "step b failed");
}

BOOST_AUTO_TEST_CASE(has_no_more_time_after_a_crash_than_was_left) {
  deploy_tasks_to_execute how;
  how.timeout.emplace(100);
  auto run = run_task(make_task(careful), how);
  pass(70s);
  crash(run, true);
  auto left = play().order.timeout;
  BOOST_TEST(left.count() > 0);
  BOOST_TEST(left.count() <= 40'000); // What it did in its last ten seconds may not be noted.
  pass(41s);
  end_as(play(), "h1 -,h2 -,h3 -", fail(ec::timed_out));
  pass(1s);
  BOOST_TEST(state(run) == "timed_out");
}

BOOST_AUTO_TEST_CASE(has_no_more_time_for_a_step_after_a_crash_than_was_left) {
  deploy_tasks_to_execute how;
  how.step_timeout.emplace(100);
  auto run = run_task(make_task(careful), how);
  pass(70s);
  crash(run, true);
  BOOST_TEST(play().order.timeout.count() <= 40'000);
  pass(20s);
  crash(run, true);
  BOOST_TEST(play().order.timeout.count() <= 20'000);
  end_well(play());
  BOOST_TEST(play().order.timeout.count() == 100'000); // Step b has time of its own.
}

BOOST_AUTO_TEST_CASE(does_not_begin_a_step_again_whose_time_is_over) {
  deploy_tasks_to_execute how;
  how.step_timeout.emplace(60);
  auto run = run_task(make_task(careful), how);
  pass(75s); // Its player was late.
  auto before = plays();
  crash(run, true);
  BOOST_TEST(plays() == before);
  BOOST_TEST(state(run) == "timed_out");
  BOOST_TEST(hosts(run).starts_with("a h1 failed, a h2 failed, a h3 failed"));
}

BOOST_AUTO_TEST_CASE(has_all_the_time_for_a_step_that_its_user_lets_begin_again) {
  deploy_tasks_to_execute how;
  how.step_timeout.emplace(100);
  auto run = run_task(make_task(), how);
  pass(70s);
  crash(run, true);
  resume(run, "again");
  BOOST_TEST(play().order.timeout.count() == 100'000);
}

BOOST_AUTO_TEST_CASE(has_as_much_time_as_before_when_its_user_lets_it_go_on) {
  deploy_tasks_to_execute how;
  how.timeout.emplace(100);
  how.approve.emplace(std::vector<std::string>{"b"});
  auto run = run_task(make_task(), how);
  pass(30s);
  end_well(play());
  BOOST_TEST(state(run) == "waiting_for_approval");
  pass(1h);
  act<runs_to_approve>(run);
  BOOST_TEST(play().order.timeout.count() == 70'000);
}

BOOST_AUTO_TEST_CASE(that_ends_without_some_of_its_hosts_says_so) {
  auto run = run_task(make_task(R"([{"step": "a", "enable": true, "continue": true},
                                    {"step": "b", "enable": true}])"));
  end_as(play(), "h1 ok,h2 failed,h3 ok");
  end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(info(run).reason == "1 of 3 hosts did not come through");
  auto whole = run_task(make_task());
  end_well(play());
  end_well(play());
  BOOST_TEST(state(whole) == "done");
  auto stats = tests::ok(ask<run_stats>(runs, admin, run_stat_query{}));
  BOOST_TEST(stats.total.succeeded == 2);
  BOOST_TEST(stats.total.partial.value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(stores_what_became_of_hosts_however_long_the_store_is_away) {
  auto run = run_task(make_task());
  take_away(run_book_name);
  end_well(play());
  pass(1min);
  BOOST_TEST(plays() == 1u);
  give_back(run_book_name);
  pass(3s);
  BOOST_TEST(plays() == 2u);
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 ok, a h3 ok, b h1 running"));
}

BOOST_AUTO_TEST_CASE(that_cannot_be_played_says_why) {
  player->may_start = fail(ec::task_failed, "no such program: ansible-runner");
  auto run = run_task(make_task());
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(info(run).steps.at(0).message == "no such program: ansible-runner");
}

BOOST_AUTO_TEST_CASE(fails_hosts_that_cannot_be_logged_in_to_and_goes_on_with_others) {
  add_host("closed");
  auto run = run_task(make_task({}, {"h1", "closed"}));
  BOOST_TEST(play().hosts() == "h1");
  end_well(play());
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a closed unreachable"));
}

BOOST_AUTO_TEST_CASE(keeps_what_happened_in_order) {
  auto run = run_task(make_task({}, {"h1"}));
  std::vector<ansible::play_event> some(700);
  for (size_t i = 0; i < some.size(); ++i) {
    some[i].kind = ansible::event_kind::ok;
    some[i].host = "h1";
    some[i].action = "action " + std::to_string(i);
  }
  play().happened(some);
  this->run();
  pass(1s);
  end_well(play());
  end_well(play());
  auto all = events(run);
  BOOST_REQUIRE(all.size() > 700u);
  for (size_t i = 0; i < all.size(); ++i)
    BOOST_REQUIRE(all[i].number == static_cast<int64_t>(i) + 1);
  auto first =
    std::find_if(all.begin(), all.end(), [](const run_event& x) { return x.type == "event"; });
  BOOST_REQUIRE(first + 700 < all.end());
  for (int i = 0; i < 700; ++i)
    BOOST_REQUIRE(*first[i].action == "action " + std::to_string(i));
  BOOST_TEST(all.back().type == "state");
  BOOST_TEST(*all.back().state == "done");
  BOOST_TEST(info(run).events == all.back().number);
  // A page at a time, and of one kind.
  run_log_query q;
  q.execution_id = run;
  q.limit.emplace(10);
  q.type.emplace(std::vector<std::string>{"state"});
  auto page = tests::ok(ask<run_log_page>(runs, admin, q));
  BOOST_TEST(page.events.size() == 2u);
  BOOST_TEST(page.next == page.last);
}

BOOST_AUTO_TEST_CASE(is_its_owners_and_nobody_elses) {
  auto run = run_task(make_task());
  run_log_query q;
  q.execution_id = run;
  BOOST_TEST((ask<run_log_page>(runs, other, q).error() == ec::not_found));
  BOOST_TEST(tests::ok(ask<runs_page>(runs, other, runs_query{})).executions.empty());
  runs_to_stop x;
  x.execution_list = {run};
  BOOST_TEST(tests::ok(ask<runs_acted_on>(intake, other, x)).ignored.at(0).reason ==
             "there is no such run");
}

BOOST_AUTO_TEST_CASE(is_started_once_for_each_key) {
  admin.repeatable = {"k", "digest"};
  auto task = make_task();
  admin.repeatable = {"r", "digest"};
  auto first = run_task(task);
  BOOST_TEST(run_task(task) == first);
  BOOST_TEST(count("select count(*) from run") == 1);
}

BOOST_AUTO_TEST_CASE(counts_in_the_statistics) {
  auto well = run_task(make_task({}, {"h1"}));
  pass(10s);
  end_well(play());
  end_well(play());
  run_task(make_task({}, {"h1", "h2"}));
  end_as(play(), "h1 ok,h2 failed");
  auto stats = tests::ok(ask<run_stats>(runs, admin, run_stat_query{}));
  BOOST_TEST(stats.total.runs == 2);
  BOOST_TEST(stats.total.succeeded == 1);
  BOOST_TEST(stats.total.failed == 1);
  BOOST_TEST(*stats.total.success_rate == 0.5);
  BOOST_TEST(*stats.total.longest_ms == 10'000);
  BOOST_TEST(stats.by_task.size() == 2u);
  BOOST_TEST(stats.by_host.at(0).name == "name-h2");
  BOOST_TEST(stats.by_host.at(0).failed == 1);
  std::map<std::string, std::pair<int64_t, int64_t>> steps; // Succeeded and failed.
  for (const auto& x : stats.by_step)
    steps[x.name] = {x.succeeded, x.failed};
  BOOST_TEST(steps.size() == 2u);
  BOOST_TEST((steps["a"] == std::pair<int64_t, int64_t>{1, 1}));
  BOOST_TEST((steps["b"] == std::pair<int64_t, int64_t>{1, 0}));
  BOOST_TEST(stats.open == 0);
  BOOST_TEST(state(well) == "done");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
