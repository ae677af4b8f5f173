#include "actors/progress/list_changes.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors {

namespace {

constexpr auto hosts_bit = bit_of(followed_list::hosts);
constexpr auto runs_bit = bit_of(followed_list::runs);

struct changes_fixture : tests::actor_fixture {
  ~changes_fixture() { end_all(); }

  change_ways alone() {
    change_ways ways;
    ways.show = [this](uint64_t lists) { shown.push_back(lists); };
    return ways;
  }

  std::vector<uint64_t> shown;
  std::vector<uint64_t> spread;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lists_that_changed, changes_fixture)

BOOST_AUTO_TEST_CASE(the_first_change_is_shown_at_once_and_a_burst_once_a_second) {
  auto changes = start(list_changes, alone());
  tell(changes, lists_changed{hosts_bit});
  BOOST_TEST(shown == std::vector{hosts_bit}, boost::test_tools::per_element());
  for (int i = 0; i < 90; ++i) {
    tell(changes, lists_changed{i % 2 ? hosts_bit : runs_bit});
    pass(10ms);
  }
  BOOST_TEST(shown.size() == 1u);
  pass(1s);
  BOOST_TEST(shown == (std::vector{hosts_bit, hosts_bit | runs_bit}),
             boost::test_tools::per_element());
  pass(10s); // Nothing more is told than has changed.
  BOOST_TEST(shown.size() == 2u);
  tell(changes, lists_changed{runs_bit});
  BOOST_TEST(shown.size() == 3u);
}

BOOST_AUTO_TEST_CASE(in_a_cluster_what_one_node_changed_is_shown_by_all) {
  auto ways = alone();
  ways.spread = [this](const lists_to_show& x) { spread.push_back(x.lists); };
  auto changes = start(list_changes, ways);
  tell(changes, lists_changed{runs_bit});
  BOOST_TEST(spread == std::vector{runs_bit}, boost::test_tools::per_element());
  BOOST_TEST(shown.empty()); // It comes back with that of the others.
  tell(changes, lists_to_show{hosts_bit});
  BOOST_TEST(shown == std::vector{hosts_bit}, boost::test_tools::per_element());
  BOOST_TEST(spread.size() == 1u); // What was heard is not told again.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
