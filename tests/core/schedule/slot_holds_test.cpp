#include "runtime/core/schedule/slot_holds.hpp"

#include <boost/test/unit_test.hpp>

namespace slot_holds_test {

using aops::schedule::slot_holds;

BOOST_AUTO_TEST_SUITE(holds_of_slots)

BOOST_AUTO_TEST_CASE(a_slot_may_go_when_its_last_hold_is_let_go_of) {
  auto holds = std::make_shared<slot_holds>();
  auto one = holds->take(7), two = holds->take(7);
  BOOST_TEST(!holds->want(7));
  one.reset();
  BOOST_TEST(!holds->want(7));
  two.reset();
  BOOST_TEST(holds->want(7));
  BOOST_TEST(holds->want(8)); // Nobody ever held it.
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_wanted_gets_no_further_holds_until_it_is_kept) {
  auto holds = std::make_shared<slot_holds>();
  auto one = holds->take(7);
  holds->want(7);
  BOOST_TEST(!holds->take(7));
  BOOST_TEST(!!holds->take(8));
  holds->keep(7);
  BOOST_TEST(!!holds->take(7));
}

BOOST_AUTO_TEST_CASE(nothing_is_held_any_more_once_all_is_cut_off) {
  auto holds = std::make_shared<slot_holds>();
  auto one = holds->take(7);
  holds->cut_off();
  BOOST_TEST(holds->is_cut_off());
  BOOST_TEST(!holds->take(8));
  BOOST_TEST(holds->is_any_held());
  one.reset();
  BOOST_TEST(!holds->is_any_held());
}

BOOST_AUTO_TEST_CASE(a_hold_outlives_what_counts_it) {
  auto holds = std::make_shared<slot_holds>();
  auto one = holds->take(7);
  holds.reset();
  one.reset(); // Counts once more, safely.
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace slot_holds_test
