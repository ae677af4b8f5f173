#include "messages/names.hpp"
#include "tests/actors/task/run_fixture.hpp"

namespace aops::actors {

/// A run whose slot is wanted by another node.
BOOST_FIXTURE_TEST_SUITE(a_run_that_moves, tests::run_fixture)

BOOST_AUTO_TEST_CASE(ends_its_step_before_its_slot_may_go_and_begins_no_other) {
  auto run = run_task(make_task());
  auto slot = schedule::slot_of(run);
  BOOST_TEST(!services->holds->want(slot));
  pass(10min);
  BOOST_TEST(!play().is_cancelled);
  BOOST_TEST(!services->holds->want(slot));
  end_well(play());
  pass(1s);
  BOOST_TEST(services->holds->want(slot));
  BOOST_TEST(plays() == 1u); // Not step b.
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 ok, a h3 ok"));
  services->holds->keep(slot); // It stays after all.
  pass(2s);
  BOOST_TEST(plays() == 2u);
  end_well(play());
  BOOST_TEST(state(run) == "done");
  BOOST_TEST(!services->holds->is_any_held());
}

BOOST_AUTO_TEST_CASE(says_what_was_cut_off_when_its_node_ends) {
  auto run = run_task(make_task());
  auto slot = schedule::slot_of(run);
  services->holds->cut_off();
  pass(1s);
  BOOST_TEST(play().is_cancelled);
  end_as(play(), "h1 ok,h2 -,h3 -", fail(ec::cancelled));
  pass(5s);
  BOOST_TEST(services->holds->want(slot));
  BOOST_TEST(player->cleaned.empty()); // The next owner does it: here there is no time.
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 interrupted, a h3 interrupted"));
  auto all = events(run);
  BOOST_TEST(std::any_of(all.begin(), all.end(), [](const run_event& x) {
    return x.message.value_or("") == "its node ends: step a is cut off on 3 hosts";
  }));
  services->holds = std::make_shared<schedule::slot_holds>(); // Another node.
  crash(run, true);
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h2 h3"},
             boost::test_tools::per_element());
  BOOST_TEST(state(run) == "interrupted");
}

BOOST_AUTO_TEST_CASE(knows_elsewhere_that_its_time_was_over_and_what_may_still_run) {
  deploy_tasks_to_execute how;
  how.step_timeout.emplace(60);
  auto run = run_task(make_task(), how);
  is_sure = false; // So that it stops before it cleans up.
  end_as(play(), "h1 ok,h2 -,h3 -", fail(ec::timed_out));
  pass(1s);
  BOOST_TEST(hosts(run).starts_with("a h1 ok, a h2 failed, a h3 failed"));
  BOOST_TEST(player->cleaned.empty());
  is_sure = true;
  crash(run, true);
  BOOST_TEST(player->cleaned == std::vector<std::string>{"h2 h3"},
             boost::test_tools::per_element());
  BOOST_TEST(state(run) == "timed_out");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
