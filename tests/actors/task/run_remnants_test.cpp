#include "messages/names.hpp"
#include "tests/actors/task/run_fixture.hpp"

namespace aops::actors::run_remnants_test {

namespace {

const std::string lenient = R"([{"step": "a", "enable": true, "continue": true},
                                {"step": "b", "enable": true, "continue": true}])";
const std::string careful =
  R"([{"step": "a", "enable": true, "continue": true, "idempotent": true},
      {"step": "b", "enable": true}])";

using hosts_of_plays = std::vector<std::string>;

} // namespace

/// What plays left running on hosts is ended before anything else happens, whichever way a run goes
/// on or ends.
BOOST_FIXTURE_TEST_SUITE(what_a_run_left_running, tests::run_fixture)

BOOST_AUTO_TEST_CASE(is_ended_before_the_run_is_done) {
  auto run = run_task(make_task(lenient));
  end_well(play());
  end_as(play(), "h1 ok,h2 -,h3 ok", fail(ec::timed_out));
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(info(run).reason == "1 of 3 hosts did not come through");
  BOOST_TEST(player->cleaned == hosts_of_plays{"h2"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_ended_before_it_is_paused) {
  auto run = run_task(make_task(lenient));
  act<runs_to_pause>(run);
  end_as(play(), "h1 ok,h2 -,h3 ok", fail(ec::timed_out));
  BOOST_TEST(state(run) == "paused");
  BOOST_TEST(player->cleaned == hosts_of_plays{"h2"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_ended_before_it_waits_for_approval) {
  deploy_tasks_to_execute how;
  how.approve.emplace(std::vector<std::string>{"b"});
  auto run = run_task(make_task(lenient), how);
  end_as(play(), "h1 ok,h2 -,h3 ok", fail(ec::timed_out));
  BOOST_TEST(state(run) == "waiting_for_approval");
  BOOST_TEST(player->cleaned == hosts_of_plays{"h2"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_ended_before_its_node_gives_it_away) {
  auto run = run_task(make_task(lenient));
  auto left = ask_later<done>(names->find_as<job_actor>(job_name_of(run)), atom::stop_v);
  BOOST_TEST(!left.is_there());
  end_as(play(), "h1 ok,h2 -,h3 ok", fail(ec::timed_out));
  BOOST_TEST(left.is_there());
  BOOST_TEST(player->cleaned == hosts_of_plays{"h2"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(by_a_node_that_died_is_ended_when_it_was_stopped_meanwhile) {
  auto run = run_task(make_task());
  act<runs_to_stop>(run);
  crash(run, true);
  BOOST_TEST(state(run) == "cancelled");
  BOOST_TEST(info(run).reason == "stopped by its user");
  BOOST_TEST(player->cleaned == hosts_of_plays{"h1 h2 h3"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_key_to_end_it_with_is_told) {
  const std::string why = "stopped by its user; what it left running on 3 hosts could not be ended";
  auto first = run_task(make_task());
  act<runs_to_stop>(first);
  crash(first);
  BOOST_TEST(state(first) == "cancelled");
  BOOST_TEST(info(first).reason == why);
  auto second = run_task(make_task());
  crash(second);
  BOOST_TEST(state(second) == "waiting_for_key");
  act<runs_to_stop>(second);
  BOOST_TEST(info(second).reason == why);
}

BOOST_AUTO_TEST_CASE(is_looked_for_again_where_that_failed) {
  auto run = run_task(make_task(careful));
  player->clean_ups = {result_of("h1 ok,h2 unreachable,h3 ok"), result_of("", fail(ec::timed_out))};
  crash(run, true);
  BOOST_TEST(plays() == 1u); // Not before all of it has been ended.
  pass(20s);
  BOOST_TEST(player->cleaned == (hosts_of_plays{"h1 h2 h3", "h2", "h2"}),
             boost::test_tools::per_element());
  BOOST_TEST(play().hosts() == "h1 h2 h3");
}

BOOST_AUTO_TEST_CASE(on_a_host_that_does_not_answer_does_not_hold_the_others_for_ever) {
  auto run = run_task(make_task(careful));
  auto refused = result_of("h1 ok,h2 unreachable,h3 ok");
  refused.hosts.at(1).message = "Permission denied";
  player->clean_ups.assign(3, refused);
  crash(run, true);
  pass(20s);
  BOOST_TEST(player->cleaned.size() == 3u);
  BOOST_TEST(play().hosts() == "h1 h3");
  BOOST_TEST(hosts(run).starts_with("a h1 running, a h2 unreachable, a h3 running"));
  run_hosts_query q;
  q.execution_id = run;
  BOOST_TEST(tests::ok(ask<run_hosts_page>(runs, admin, q)).results.at(1).message ==
             "what a play had left running there could not be ended: Permission denied");
  end_well(play());
  end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(info(run).reason == "1 of 3 hosts did not come through; what it left running on 1 "
                                 "hosts could not be ended");
}

BOOST_AUTO_TEST_CASE(is_nothing_where_no_play_could_be_started) {
  player->may_start = fail(ec::task_failed, "no such program: ansible-runner");
  auto run = run_task(make_task());
  BOOST_TEST(state(run) == "failed");
  BOOST_TEST(info(run).reason == "step a failed");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::run_remnants_test
