#include "runtime/core/notify/delivery.hpp"

#include <boost/test/unit_test.hpp>

namespace delivery_test {

using namespace aops;
using notify::next_step;
using notify::standing;
using notify::step;

namespace {

base::notify_receiver receiver() {
  base::notify_receiver to;
  to.name = "oncall";
  return to;
}

constexpr int64_t hour = 3'600'000;

} // namespace

BOOST_AUTO_TEST_SUITE(delivery)

BOOST_AUTO_TEST_CASE(a_beginning_is_told_before_its_end_however_late) {
  auto to = receiver();
  BOOST_TEST((next_step({0, 0, false}, to, 0) == step::tell_beginning));
  BOOST_TEST((next_step({0, 0, true}, to, 100 * hour) == step::tell_beginning));
  BOOST_TEST((next_step({1, 0, true}, to, 0) == step::tell_end));
  BOOST_TEST((next_step({7, 0, false}, to, 0) == step::tell_beginning));
}

BOOST_AUTO_TEST_CASE(who_does_not_want_the_end_is_told_the_beginning_only) {
  auto to = receiver();
  to.resolved = false;
  BOOST_TEST((next_step({0, 0, true}, to, 0) == step::tell_beginning));
  BOOST_TEST((next_step({1, 0, true}, to, 0) == step::forget));
}

BOOST_AUTO_TEST_CASE(what_fails_for_too_long_is_given_up) {
  auto to = receiver();
  BOOST_TEST((next_step({0, 1000, false}, to, 1000 + 24 * hour - 1) == step::tell_beginning));
  BOOST_TEST((next_step({0, 1000, false}, to, 1000 + 24 * hour) == step::give_up));
  BOOST_TEST((next_step({1, 1000, true}, to, 1000 + 24 * hour) == step::give_up));
}

BOOST_AUTO_TEST_CASE(a_repeat_of_0_never_comes) {
  auto to = receiver();
  BOOST_TEST(notify::repeat_at(to, 5) == 5 + 4 * hour);
  to.repeat.ms = 0;
  BOOST_TEST(notify::repeat_at(to, 5) > 1'000'000 * hour);
}

BOOST_AUTO_TEST_CASE(groups_are_by_host_or_rule) {
  auto to = receiver();
  told_alert a, b;
  a.alert_id = "1", a.host_id = "h", a.check_item = "x";
  b.alert_id = "2", b.host_id = "h", b.check_item = "y";
  auto is_one = [&] { return notify::group_key(a, to, 0) == notify::group_key(b, to, 0); };
  BOOST_TEST(!is_one());
  to.group = "host";
  BOOST_TEST(is_one());
  to.group = "rule";
  BOOST_TEST(!is_one());
  b.check_item = "x";
  b.host_id = "other";
  BOOST_TEST(is_one());
}

BOOST_AUTO_TEST_CASE(an_alertmanager_is_told_all_at_once_but_for_what_it_refused) {
  auto to = receiver();
  to.format = "alertmanager";
  told_alert a, b;
  a.alert_id = "1", a.host_id = "h", b.alert_id = "2", b.host_id = "other";
  BOOST_TEST(notify::group_key(a, to, 0) == notify::group_key(b, to, 0));
  BOOST_TEST(notify::group_key(a, to, 1) != notify::group_key(b, to, 1));
}

BOOST_AUTO_TEST_CASE(an_alertmanager_is_not_told_an_end_that_would_end_what_began_since) {
  auto to = receiver();
  told_alert x;
  BOOST_TEST((next_step(x, {1, 0, true}, to, true, 0) == step::tell_end));
  to.format = "alertmanager";
  BOOST_TEST((next_step(x, {1, 0, true}, to, true, 0) == step::forget));
  BOOST_TEST((next_step(x, {0, 0, true}, to, true, 0) == step::forget));
  BOOST_TEST((next_step(x, {1, 0, true}, to, false, 0) == step::tell_end));
  BOOST_TEST((next_step(x, {1, 0, false}, to, false, 0) == step::tell_beginning));
}

BOOST_AUTO_TEST_CASE(a_cause_is_told_once_and_while_it_is_of_use) {
  auto to = receiver();
  told_alert x;
  x.status = "diagnosed";
  BOOST_TEST((next_step(x, {0, 0, false}, to, false, 100) == step::tell_cause));
  BOOST_TEST((next_step(x, {1, 0, false}, to, false, 100) == step::forget));
  BOOST_TEST((next_step(x, {0, 1, false}, to, false, 25 * hour) == step::give_up));
  x.until = moment{99};
  BOOST_TEST((next_step(x, {0, 0, false}, to, false, 99) == step::tell_cause));
  BOOST_TEST((next_step(x, {0, 0, false}, to, false, 100) == step::forget));
}

BOOST_AUTO_TEST_CASE(ids_differ_by_repetition_and_end) {
  told_alert a;
  a.alert_id = "1f";
  BOOST_TEST(notify::id_of(a, 0) == "1f-0");
  BOOST_TEST(notify::id_of(a, 3) == "1f-3");
  a.status = "resolved";
  BOOST_TEST(notify::id_of(a, 3) == "1f-end");
  BOOST_TEST(notify::id_of({"1f-end"}) == "1f-end");
  auto both = notify::id_of({"1f-0", "2e-0"});
  BOOST_TEST(both.size() == 32u);
  BOOST_TEST(both != notify::id_of({"1f-0", "2e-1"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace delivery_test
