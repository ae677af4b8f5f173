#include "messages/roles/changes.hpp"
#include "tests/actors/supervisor/family.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

using kind = restart_kind;

BOOST_FIXTURE_TEST_SUITE(tree, tests::family)

BOOST_AUTO_TEST_CASE(the_live_tree_shows_all_levels) {
  auto region = calm();
  region.name = "hosts";
  auto top = supervise(calm(), {kid("store"), supervised(region, {kid("host/1"), kid("host/2")})});
  tell_kid("host/2", "crash");
  pass(100ms);
  auto tree = ask<tree_status>(top, get_tree{});
  BOOST_REQUIRE(tree);
  BOOST_TEST(tree->name == "top");
  BOOST_TEST(tree->state == "running");
  BOOST_TEST(tree->mailbox.has_value());
  BOOST_REQUIRE(tree->children.size() == 2u);
  BOOST_TEST(tree->children[0].name == "store");
  BOOST_TEST(tree->children[0].mailbox.value() == 0);
  const auto& hosts = tree->children[1];
  BOOST_TEST(hosts.name == "hosts");
  BOOST_REQUIRE(hosts.children.size() == 2u);
  BOOST_TEST(hosts.children[0].last_reason == "");
  BOOST_TEST(hosts.children[1].name == "host/2");
  BOOST_TEST(hosts.children[1].restarts == 1);
  BOOST_TEST(hosts.children[1].last_reason == "internal: exception: boom");
  BOOST_TEST(hosts.children[1].mailbox.value() == 0);
}

BOOST_AUTO_TEST_CASE(pages_that_show_the_tree_hear_of_failures_and_restarts) {
  int told = 0;
  auto pages = system.spawn([&told](caf::event_based_actor*) -> caf::behavior {
    return {[&told](const lists_changed& x) { told += x.lists == bit_of(followed_list::nodes); }};
  });
  names->put(std::string{changes_name}, caf::actor_cast<caf::strong_actor_ptr>(pages));
  auto top = supervise(calm(), {kid("a"), kid("b")});
  pass(10s);
  BOOST_TEST(told == 0); // That all runs as it should is no news.
  tell_kid("a", "crash");
  BOOST_TEST(told == 1);
  pass(100ms);
  BOOST_TEST(told == 2);
  BOOST_TEST(states(top) == "a:running:1 b:running:0");
  caf::anon_send_exit(pages, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_is_shown_without_a_mailbox) {
  auto deaf = kid("deaf");
  deaf.start = [](caf::scheduled_actor& parent) {
    return caf::actor{parent.spawn([](caf::event_based_actor* self) -> caf::behavior {
      prepare(self, "deaf");
      self->set_default_handler(caf::skip);
      return {[](atom::ping) {}};
    })};
  };
  auto top = supervise(calm(), {deaf, kid("a")});
  auto answer = ask_later<tree_status>(top, get_tree{.deadline_ms = 1000});
  BOOST_TEST(!answer.is_there());
  pass(1s);
  auto tree = answer.get();
  BOOST_REQUIRE(tree);
  BOOST_TEST(!tree->children[0].mailbox.has_value());
  BOOST_TEST(tree->children[0].state == "running");
  BOOST_TEST(tree->children[1].mailbox.has_value());
}

BOOST_AUTO_TEST_CASE(waiting_messages_are_counted) {
  auto top = supervise(calm(), {kid("a")});
  for (int i = 0; i < 5; ++i)
    caf::anon_send(of("a"), i);
  // The request is handled after these five, and before the next five.
  auto asker = caf::scoped_actor{system, true};
  asker->send(of("a"), get_tree{});
  for (int i = 0; i < 5; ++i)
    caf::anon_send(of("a"), i);
  run();
  asker->receive([](const tree_status& row) { BOOST_TEST(row.mailbox.value() == 5); });
}

BOOST_AUTO_TEST_CASE(a_child_is_resolved_by_name_across_restarts) {
  auto top = supervise(calm(), {kid("a")});
  auto first = ask<caf::actor>(top, resolve_child{"a"});
  BOOST_TEST((*first == of("a")));
  tell(*first, std::string{"crash"});
  BOOST_TEST((ask<caf::actor>(top, resolve_child{"a"}).error() ==
              error{ec::unreachable, "a is backing_off"}));
  BOOST_TEST(!of("a"));
  pass(100ms);
  auto second = ask<caf::actor>(top, resolve_child{"a"});
  BOOST_TEST((*second != *first));
  BOOST_TEST((*second == of("a")));
  BOOST_TEST((ask<caf::actor>(top, resolve_child{"b"}).error() == ec::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

// -- dynamic children

BOOST_FIXTURE_TEST_SUITE(dynamic_children, tests::family)

BOOST_AUTO_TEST_CASE(a_child_is_started_and_stopped_by_message) {
  auto top = supervise(calm(), {kid("a")});
  auto child = ask<caf::actor>(top, start_child{kid("host/1")});
  BOOST_REQUIRE(child);
  BOOST_TEST(*ask<int>(*child, 7) == 7);
  BOOST_TEST((of("host/1") == *child));
  BOOST_TEST((ask<caf::actor>(top, start_child{kid("host/1")}).error() == ec::conflict));
  tell_kid("host/1", "crash");
  pass(100ms);
  BOOST_TEST(states(top) == "a:running:0 host/1:running:1");
  take();
  BOOST_TEST(ask<void>(top, stop_child{"host/1"}).has_value());
  BOOST_TEST(take() == "-host/1");
  BOOST_TEST(states(top) == "a:running:0");
  BOOST_TEST((ask<void>(top, stop_child{"host/1"}).error() == ec::not_found));
  BOOST_TEST(ask<caf::actor>(top, start_child{kid("host/1")}).has_value());
}

BOOST_AUTO_TEST_CASE(a_failed_first_start_is_told_and_the_child_kept) {
  auto top = supervise(calm(), {});
  manners["host/1"].throws_at_start = true;
  manners["job/1"].throws_at_start = true;
  BOOST_TEST((ask<caf::actor>(top, start_child{kid("host/1")}).error() == ec::internal));
  BOOST_TEST(
    (ask<caf::actor>(top, start_child{kid("job/1", kind::temporary)}).error() == ec::internal));
  BOOST_TEST(states(top) == "host/1:backing_off:0"); // The temporary one is gone.
  manners["host/1"].throws_at_start = false;
  pass(100ms);
  BOOST_TEST(states(top) == "host/1:running:1");
  BOOST_TEST((ask<caf::actor>(top, start_child{}).error() == ec::bad_request));
}

BOOST_AUTO_TEST_CASE(a_child_that_backs_off_can_be_stopped) {
  auto top = supervise(calm(), {});
  manners["host/1"].throws_at_start = true;
  ask<caf::actor>(top, start_child{kid("host/1")});
  take();
  BOOST_TEST(ask<void>(top, stop_child{"host/1"}).has_value());
  pass(1min);
  BOOST_TEST(take() == "");
  BOOST_TEST(states(top) == "");
}

BOOST_AUTO_TEST_CASE(a_stop_is_answered_when_the_child_is_down) {
  auto top = supervise(calm(), {});
  manners["host/1"].is_stubborn = true;
  ask<caf::actor>(top, start_child{kid("host/1")});
  auto first = ask_later<void>(top, stop_child{"host/1"});
  auto second = ask_later<void>(top, stop_child{"host/1"});
  BOOST_TEST(!first.is_there());
  BOOST_TEST((ask<caf::actor>(top, start_child{kid("host/1")}).error() == ec::conflict));
  pass(2s);
  BOOST_TEST(first.get().has_value());
  BOOST_TEST(second.get().has_value());
}

BOOST_AUTO_TEST_CASE(a_child_given_at_the_start_can_be_stopped_and_started_again_in_its_place) {
  auto top = supervise(calm(strategy::rest_for_one), {kid("a"), kid("b"), kid("c")});
  take();
  BOOST_TEST(ask<void>(top, stop_child{"b"}).has_value());
  BOOST_TEST(states(top) == "a:running:0 b:stopped:0 c:running:0");
  BOOST_TEST(ask<caf::actor>(top, start_child{kid("b")}).has_value());
  take();
  tell_kid("b", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-b -c +b +c");
}

BOOST_AUTO_TEST_CASE(dynamic_children_wait_for_those_given_at_the_start) {
  manners["a"].throws_at_start = true;
  auto top = supervise(calm(), {kid("a"), kid("b")});
  auto child = ask_later<caf::actor>(top, start_child{kid("host/1")});
  take();
  manners["a"].throws_at_start = false;
  pass(100ms);
  BOOST_TEST(take() == "+a +b +host/1");
  BOOST_TEST(child.get().has_value());
}

BOOST_AUTO_TEST_CASE(finished_jobs_are_forgotten) {
  auto top = supervise(calm(), {});
  for (int i = 0; i < 50; ++i) {
    auto name = "diag-job/" + std::to_string(i);
    BOOST_REQUIRE(ask<caf::actor>(top, start_child{kid(name, kind::transient)}));
    tell_kid(name, "quit");
  }
  BOOST_TEST(states(top) == "");
  BOOST_TEST(names->size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_group_restart_takes_dynamic_children_along_but_not_the_other_way_round) {
  auto top = supervise(calm(strategy::rest_for_one), {kid("a"), kid("b")});
  ask<caf::actor>(top, start_child{kid("h1")});
  ask<caf::actor>(top, start_child{kid("h2")});
  take();
  tell_kid("h1", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-h1 +h1");
  tell_kid("b", "crash");
  pass(100ms);
  BOOST_TEST(take() == "-b -h2 -h1 +b +h1 +h2");
  BOOST_TEST(states(top) == "a:running:0 b:running:1 h1:running:2 h2:running:1");
}

BOOST_AUTO_TEST_CASE(a_child_asked_for_during_a_group_restart_starts_after_it) {
  auto top = supervise(calm(strategy::one_for_all), {kid("a"), kid("b")});
  take();
  tell_kid("b", "crash");
  auto child = ask_later<caf::actor>(top, start_child{kid("h")});
  BOOST_TEST(take() == "-b -a");
  pass(100ms);
  BOOST_TEST(take() == "+a +b +h");
  BOOST_TEST(child.get().has_value());
}

BOOST_AUTO_TEST_CASE(nothing_starts_in_a_stopping_supervisor) {
  manners["a"].is_stubborn = true;
  auto top = supervise(calm(), {kid("a")});
  end(top);
  BOOST_TEST((ask<caf::actor>(top, start_child{kid("h")}).error() == ec::unreachable));
  BOOST_TEST(ask<tree_status>(top, get_tree{})->state == "stopping");
}

BOOST_AUTO_TEST_CASE(children_that_fail_together_come_back_a_bounded_number_at_a_time) {
  constexpr size_t count = 1000;
  auto config = calm();
  config.past_limit = give_up::leave_child;
  config.pace = {32, 100};
  auto top = supervise(config, {});
  for (size_t i = 0; i < count; ++i)
    caf::anon_send(top, start_child{kid("host/" + std::to_string(i))});
  run();
  BOOST_TEST(names->size() == count); // The first starts have a pace of their own.
  for (size_t i = 0; i < count; ++i)
    caf::anon_send(of("host/" + std::to_string(i)), std::string{"crash"});
  run();
  size_t before = names->size();
  BOOST_TEST(before == 0u);
  for (int i = 0; i < 40; ++i) {
    pass(100ms);
    BOOST_TEST(names->size() - before <= 64u); // Of two spans that it touches.
    before = names->size();
  }
  BOOST_TEST(before == count);
  end(top);
}

BOOST_AUTO_TEST_CASE(thousands_of_children_start_crash_and_stop) {
  constexpr int count = 3000;
  auto config = calm();
  config.past_limit = give_up::leave_child;
  auto top = supervise(config, {kid("a")});
  std::vector<tests::later_answer<caf::actor>> answers;
  for (int i = 0; i < count; ++i)
    caf::anon_send(top, start_child{kid("host/" + std::to_string(i))});
  run();
  BOOST_TEST(names->size() == count + 1u);
  for (int i = 0; i < count; ++i)
    caf::anon_send(of("host/" + std::to_string(i)), std::string{"crash"});
  run();
  BOOST_TEST(names->size() == 1u);
  pass(1s);
  BOOST_TEST(names->size() == count + 1u);
  auto tree = ask<tree_status>(top, get_tree{});
  BOOST_TEST(tree->children.size() == count + 1u);
  end(top);
  BOOST_TEST(alive() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
