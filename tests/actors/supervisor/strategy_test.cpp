#include "tests/actors/supervisor/family.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

using kind = restart_kind;

BOOST_FIXTURE_TEST_SUITE(strategies, tests::family)

BOOST_AUTO_TEST_CASE(one_for_one_restarts_the_failed_child_only) {
  auto top = supervise(calm(), {kid("a"), kid("b"), kid("c")});
  BOOST_TEST(take() == "+a +b +c");
  auto before = of("b");
  tell_kid("b", "crash");
  BOOST_TEST(take() == "-b");
  BOOST_TEST(states(top) == "a:running:0 b:backing_off:0 c:running:0");
  pass(99ms);
  BOOST_TEST(take() == "");
  pass(1ms);
  BOOST_TEST(take() == "+b");
  BOOST_TEST(states(top) == "a:running:0 b:running:1 c:running:0");
  BOOST_TEST((of("b") != before));
  BOOST_TEST(*ask<int>(of("b"), 7) == 7);
}

BOOST_AUTO_TEST_CASE(rest_for_one_restarts_the_failed_child_and_those_after_it) {
  auto top = supervise(calm(strategy::rest_for_one), {kid("a"), kid("b"), kid("c"), kid("d")});
  take();
  tell_kid("b", "crash");
  BOOST_TEST(take() == "-b -d -c");
  BOOST_TEST(states(top) == "a:running:0 b:backing_off:0 c:backing_off:0 d:backing_off:0");
  pass(100ms);
  BOOST_TEST(take() == "+b +c +d");
  BOOST_TEST(states(top) == "a:running:0 b:running:1 c:running:1 d:running:1");
}

BOOST_AUTO_TEST_CASE(one_for_all_restarts_all) {
  auto top = supervise(calm(strategy::one_for_all), {kid("a"), kid("b"), kid("c")});
  take();
  tell_kid("b", "crash");
  BOOST_TEST(take() == "-b -c -a");
  pass(100ms);
  BOOST_TEST(take() == "+a +b +c");
  BOOST_TEST(states(top) == "a:running:1 b:running:1 c:running:1");
}

BOOST_AUTO_TEST_CASE(a_failure_before_the_group_widens_its_restart) {
  auto top = supervise(calm(strategy::rest_for_one), {kid("a"), kid("b"), kid("c")});
  take();
  tell_kid("c", "crash");
  pass(50ms);
  tell_kid("a", "crash"); // While the restart of c is due.
  BOOST_TEST(take() == "-c -a -b");
  pass(99ms);
  BOOST_TEST(take() == ""); // The first timer is void.
  pass(1ms);
  BOOST_TEST(take() == "+a +b +c");
}

BOOST_AUTO_TEST_CASE(a_failure_while_the_group_stops_widens_it_too) {
  manners["c"].is_stubborn = true;
  auto top = supervise(calm(strategy::rest_for_one), {kid("a"), kid("b"), kid("c")});
  take();
  tell_kid("b", "crash");
  BOOST_TEST(take() == "-b");
  BOOST_TEST(states(top) == "a:running:0 b:backing_off:0 c:stopping:0");
  tell_kid("a", "crash");
  manners["c"].is_stubborn = false;
  pass(2s); // c is killed.
  BOOST_TEST(take() == "-a -c");
  pass(100ms);
  BOOST_TEST(take() == "+a +b +c");
}

BOOST_AUTO_TEST_CASE(a_member_of_the_group_that_dies_before_its_turn_is_not_another_failure) {
  auto config = calm(strategy::one_for_all);
  config.limit.restarts = 1;
  manners["c"].is_stubborn = true;
  auto top = supervise(config, {kid("a"), kid("b"), kid("c")});
  take();
  tell_kid("b", "crash");
  tell_kid("a", "crash"); // Its turn to stop comes after c.
  pass(2s);
  BOOST_TEST(take() == "-b -a -c");
  pass(100ms);
  BOOST_TEST(take() == "+a +b +c");
  BOOST_TEST(is_alive(top));
}

BOOST_AUTO_TEST_CASE(transient_and_temporary_children_come_back_only_when_they_should) {
  auto top = supervise(calm(), {kid("t", kind::transient), kid("x", kind::temporary), kid("p")});
  take();
  tell_kid("t", "fail");
  tell_kid("p", "quit"); // Permanent: also a normal end is followed by a restart.
  pass(100ms);
  BOOST_TEST(take() == "-t -p +t +p");
  tell_kid("t", "quit");
  tell_kid("x", "crash");
  pass(1min);
  BOOST_TEST(take() == "-t -x");
  BOOST_TEST(states(top) == "t:stopped:1 x:failed:0 p:running:1");
}

BOOST_AUTO_TEST_CASE(a_group_restart_leaves_out_the_temporary_and_the_finished) {
  auto top = supervise(calm(strategy::one_for_all),
                       {kid("t", kind::transient), kid("x", kind::temporary), kid("p")});
  take();
  tell_kid("t", "quit");
  tell_kid("p", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-t -p -x +p");
  BOOST_TEST(states(top) == "t:stopped:0 x:stopped:0 p:running:1");
}

BOOST_AUTO_TEST_CASE(an_exception_is_logged_once_and_its_requester_told) {
  supervise(calm(), {kid("a")});
  auto answer = ask<int>(of("a"), std::string{"crash"});
  BOOST_TEST((answer.error() == ec::internal));
  pass(100ms);
  BOOST_TEST(*ask<int>(of("a"), 7) == 7);
  BOOST_TEST(log.count("actor-crashed") == 1u);
  auto text = log.text();
  BOOST_TEST(text.find("boom") != std::string::npos);
  BOOST_TEST(text.find("boom") == text.rfind("boom"), text);
}

BOOST_AUTO_TEST_SUITE_END()

// -- limits

BOOST_FIXTURE_TEST_SUITE(limits, tests::family)

BOOST_AUTO_TEST_CASE(a_child_that_dies_in_its_initialiser_is_retried_with_back_off) {
  manners["b"].throws_at_start = true;
  auto top = supervise(calm(), {kid("a"), kid("b"), kid("c")});
  BOOST_TEST(take() == "+a +b -b"); // c waits for b.
  BOOST_TEST(states(top) == "a:running:0 b:backing_off:0 c:starting:0");
  pass(100ms);
  BOOST_TEST(take() == "+b -b");
  pass(199ms);
  BOOST_TEST(take() == "");
  manners["b"].throws_at_start = false;
  pass(1ms);
  BOOST_TEST(take() == "+b +c");
  BOOST_TEST(states(top) == "a:running:0 b:running:2 c:running:0");
}

BOOST_AUTO_TEST_CASE(a_child_that_cannot_even_be_spawned_is_retried_too) {
  manners["a"].throws_at_spawn = true;
  auto top = supervise(calm(), {kid("a"), kid("b")});
  BOOST_TEST(take() == "");
  manners["a"].throws_at_spawn = false;
  pass(100ms);
  BOOST_TEST(take() == "+a +b");
  auto tree = ask<tree_status>(top, get_tree{});
  BOOST_TEST(tree->children[0].last_reason == "internal: not spawned: no room");
}

BOOST_AUTO_TEST_CASE(a_crash_storm_ends_the_supervisor_with_a_reason) {
  auto top = supervise(calm(), {kid("a"), kid("b")});
  take();
  manners["b"].throws_at_start = true;
  caf::error reason;
  caf::actor_cast<caf::strong_actor_ptr>(top)->get()->attach_functor(
    [&](const caf::error& e) { reason = e; });
  tell_kid("b", "crash");
  pass(100ms);
  pass(200ms);
  BOOST_TEST(is_alive(top));
  pass(400ms);
  BOOST_TEST(!is_alive(top));
  BOOST_TEST(take() == "-b +b -b +b -b +b -b -a");
  BOOST_TEST(to_string(from_caf(reason)) ==
             "internal: b failed more than 3 times within 10 s; last: an exception");
  BOOST_TEST(log.count("supervisor-gives-up") == 1u);
  BOOST_TEST(names->size() == 0u);
}

BOOST_AUTO_TEST_CASE(slow_failures_do_not_add_up) {
  auto top = supervise(calm(), {kid("a")});
  for (int i = 0; i < 20; ++i) {
    tell_kid("a", "crash");
    pass(11s);
  }
  BOOST_TEST(states(top) == "a:running:20");
}

BOOST_AUTO_TEST_CASE(the_delay_grows_with_failures_in_a_row_and_starts_again_after_a_good_run) {
  auto config = calm();
  config.limit.restarts = restart_limit::unlimited;
  auto top = supervise(config, {kid("a")});
  for (auto delay : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    take();
    tell_kid("a", "crash");
    pass(delay - 1ms);
    BOOST_TEST(take() == "-a");
    pass(1ms);
    BOOST_TEST(take() == "+a");
  }
  pass(60s);
  tell_kid("a", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-a +a");
}

BOOST_AUTO_TEST_CASE(the_parent_supervisor_handles_an_escalation) {
  auto inner = calm();
  inner.name = "inner";
  inner.limit.restarts = 1;
  auto top = supervise(calm(), {supervised(inner, {kid("x"), kid("y")}), kid("z")});
  BOOST_TEST(take() == "+x +y +z");
  tell_kid("y", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-y +y");
  tell_kid("y", "crash");
  BOOST_TEST(take() == "-y -x"); // inner gives up; z is not concerned.
  BOOST_TEST(states(top) == "inner:backing_off:0 z:running:0");
  pass(100ms);
  BOOST_TEST(take() == "+x +y");
  BOOST_TEST(states(top) == "inner:running:1 z:running:0");
  auto tree = ask<tree_status>(top, get_tree{});
  BOOST_TEST(tree->children[0].last_reason ==
             "internal: y failed more than 1 times within 10 s; last: an exception");
}

BOOST_AUTO_TEST_CASE(a_region_leaves_a_hopeless_child_down_and_counts_each_apart) {
  auto config = calm();
  config.past_limit = give_up::leave_child;
  config.limit.restarts = 1;
  auto top = supervise(config, {kid("a"), kid("b"), kid("c")});
  for (auto name : {"a", "b", "c"}) {
    tell_kid(name, "crash");
    pass(200ms);
  }
  BOOST_TEST(states(top) == "a:running:1 b:running:1 c:running:1");
  tell_kid("b", "crash");
  pass(1min);
  BOOST_TEST(states(top) == "a:running:1 b:failed:1 c:running:1");
  BOOST_TEST(log.count("child-given-up") == 1u);
  BOOST_TEST(is_alive(top));
}

BOOST_AUTO_TEST_CASE(two_children_of_one_name_are_refused) {
  auto top = supervise(calm(), {kid("a"), kid("a")});
  BOOST_TEST(!is_alive(top));
  BOOST_TEST(take() == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
