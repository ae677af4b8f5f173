#include "actors/region/slot_region.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace aops::actors {

namespace {

struct region_fixture {
  base::turned_time time;
  std::shared_ptr<base::clock> clock = std::make_shared<base::clock>(time);
  std::shared_ptr<schedule::ownership> slots = std::make_shared<schedule::ownership>();
  slot_region region{slots, clock};

  region_fixture() {
    for (uint16_t slot : {2, 5, 9})
      slots->set(slot, 7);
  }

  using list = std::vector<uint16_t>;
  void shows(const list& wanted) {
    BOOST_TEST(region.ours() == wanted, boost::test_tools::per_element());
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(slots_of_a_region, region_fixture)

BOOST_AUTO_TEST_CASE(are_those_that_the_node_owns) {
  shows({2, 5, 9});
  BOOST_TEST(region.is_ours(5));
  BOOST_TEST(!region.is_ours(4));
  const uint16_t some[] = {9, 4, 2};
  BOOST_TEST(region.ours_of(some) == (list{9, 2}), boost::test_tools::per_element());
  slots->set(5, 0);
  shows({2, 9});
  BOOST_TEST(slot_region{}.ours().empty());
}

BOOST_AUTO_TEST_CASE(are_quiet_while_they_are_handed_over_and_come_back_when_they_stay) {
  auto deadline = clock->now_ms() + 4000;
  BOOST_TEST(region.released({{5}, deadline}) == deadline + slot_region::grace_ms);
  shows({2, 9});
  time.pass(4000 + slot_region::grace_ms - 1);
  shows({2, 9});
  time.pass(1);
  shows({2, 5, 9});
}

BOOST_AUTO_TEST_CASE(are_quiet_for_a_while_even_when_the_deadline_has_passed) {
  region.released({{5}, clock->now_ms() - 60'000});
  shows({2, 9});
  time.pass(slot_region::grace_ms);
  shows({2, 5, 9});
}

BOOST_AUTO_TEST_CASE(come_at_once_when_they_are_given_anew) {
  region.released({{2, 5}, clock->now_ms() + 4000});
  region.changed({{5}, {}});
  shows({5, 9});
  region.changed({{}, {2}}); // It went; should it be given back, that begins anew.
  shows({2, 5, 9});
}

BOOST_AUTO_TEST_CASE(tell_under_which_epoch_they_are_ours) {
  std::string id = "a";
  slots->set(schedule::slot_of(id), 3);
  BOOST_TEST(region.epoch_of(id) == 3u);
  slots->set(schedule::slot_of(id), 0);
  BOOST_TEST(region.epoch_of(id) == 0u);
}

BOOST_AUTO_TEST_CASE(name_the_entities_that_live_in_them) {
  struct entity {
    uint16_t slot;
  };
  std::map<std::string, entity> all{{"a", {1}}, {"b", {2}}, {"c", {1}}};
  const uint16_t some[] = {1, 3};
  BOOST_TEST(ids_in(all, some) == (std::vector<std::string>{"a", "c"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
