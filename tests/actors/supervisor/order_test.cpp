#include "tests/actors/supervisor/family.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

namespace {

/// Answers ping and status with nothing, after a while.
caf::behavior slow(caf::event_based_actor* self, std::chrono::seconds delay) {
  prepare(self, "slow");
  auto open = std::make_shared<std::vector<caf::response_promise>>();
  auto later = [=]() -> caf::result<void> {
    self->delayed_send(self, delay, atom::tick_v);
    open->push_back(self->make_response_promise());
    return open->back();
  };
  return {
    [=](atom::ping) { return later(); },
    [=](atom::done) { return later(); },
    [=](atom::tick) {
      for (auto& promise : std::exchange(*open, {}))
        promise.deliver(caf::unit);
    },
  };
}

/// Is up when `needed` has answered.
caf::behavior loader(caf::event_based_actor* self, const caf::actor& needed) {
  prepare(self, "loader");
  self->request(needed, std::chrono::seconds{4}, atom::done_v).await([] {});
  return {[](atom::ping) {}};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(order, tests::family)

BOOST_AUTO_TEST_CASE(children_start_in_order_and_stop_in_reverse) {
  auto top = supervise(calm(), {kid("a"), kid("b"), kid("c")});
  BOOST_TEST(take() == "+a +b +c");
  end(top);
  BOOST_TEST(take() == "-c -b -a");
  BOOST_TEST(!is_alive(top));
  BOOST_TEST(names->size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_next_child_waits_for_a_child_that_gets_ready_later) {
  auto first = kid("slow");
  first.ready = handshake::ping;
  first.start = spawns(slow, 3s);
  auto top = supervise(calm(), {first, kid("b")});
  auto ready = ask_later<void>(top, atom::ping_v);
  pass(2999ms);
  BOOST_TEST(take() == "");
  BOOST_TEST(!ready.is_there());
  BOOST_TEST(states(top) == "slow:starting:0 b:starting:0");
  BOOST_TEST(!of("slow"));
  pass(1ms);
  BOOST_TEST(take() == "+b");
  BOOST_TEST(ready.get().has_value());
  BOOST_TEST(ask<void>(top, atom::ping_v).has_value());
}

BOOST_AUTO_TEST_CASE(a_child_is_up_when_what_its_initialiser_awaits_has_come) {
  auto first = kid("loader");
  first.start = spawns(loader, start(slow, 2s));
  supervise(calm(), {first, kid("b")});
  pass(1999ms);
  BOOST_TEST(take() == "");
  pass(1ms);
  BOOST_TEST(take() == "+b");
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_get_ready_is_killed_and_retried) {
  manners["a"].is_silent = true;
  auto a = kid("a");
  a.ready = handshake::ping;
  a.start_deadline = 3s;
  auto top = supervise(calm(), {a, kid("b")});
  BOOST_TEST(take() == "+a");
  manners["a"].is_silent = false;
  pass(3s);
  BOOST_TEST(take() == "-a");
  auto tree = ask<tree_status>(top, get_tree{});
  BOOST_TEST(tree->children[0].last_reason == "timed_out: not up after 3000 ms");
  pass(100ms);
  BOOST_TEST(take() == "+a +b");
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_end_is_killed_after_its_deadline) {
  manners["b"].is_stubborn = true;
  auto top = supervise(calm(), {kid("a"), kid("b"), kid("c")});
  take();
  end(top);
  BOOST_TEST(take() == "-c");
  BOOST_TEST(states(top) == "a:running:0 b:stopping:0 c:stopped:0");
  BOOST_TEST(!of("b"));
  pass(1999ms);
  BOOST_TEST(take() == "");
  pass(1ms);
  BOOST_TEST(take() == "-b -a");
  BOOST_TEST(!is_alive(top));
  BOOST_TEST(log.count("child-killed") == 1u);
}

BOOST_AUTO_TEST_CASE(a_tree_stops_from_its_leaves) {
  auto inner = calm();
  inner.name = "inner";
  auto top = supervise(calm(), {kid("a"), supervised(inner, {kid("x"), kid("y")}), kid("z")});
  BOOST_TEST(take() == "+a +x +y +z");
  end(top);
  BOOST_TEST(take() == "-z -y -x -a");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_what_is_backing_off_or_starting) {
  manners["a"].throws_at_start = true;
  auto top = supervise(calm(), {kid("a"), kid("b")});
  auto ready = ask_later<void>(top, atom::ping_v);
  end(top);
  BOOST_TEST(!is_alive(top));
  BOOST_TEST((ready.get().error() == ec::unreachable));
  pass(1min);
  BOOST_TEST(take() == "+a -a");
}

BOOST_AUTO_TEST_CASE(a_killed_supervisor_takes_its_children_along) {
  auto inner = calm();
  inner.name = "inner";
  auto top = supervise(calm(), {kid("a"), supervised(inner, {kid("x")})});
  take();
  end(top, caf::exit_reason::kill);
  BOOST_TEST(take() == "-a -x");
  BOOST_TEST(alive() == 0u);
  BOOST_TEST(names->size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_nested_supervisor_that_takes_too_long_is_killed_with_its_children) {
  manners["x"].is_stubborn = true;
  auto inner = calm();
  inner.name = "inner";
  auto top = supervise(calm(), {kid("a"), supervised(inner, {kid("x")}, 10s, 500ms)});
  take();
  end(top);
  BOOST_TEST(take() == "");
  pass(500ms);
  BOOST_TEST(take().find("-x") != std::string::npos);
  BOOST_TEST(alive() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
