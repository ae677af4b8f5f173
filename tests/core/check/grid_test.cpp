#include "runtime/core/check/grid.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

namespace grid_test {

using namespace aops::check;

BOOST_AUTO_TEST_SUITE(grid)

BOOST_AUTO_TEST_CASE(offsets_are_whole_seconds_below_the_period_and_spread_the_hosts) {
  std::set<int64_t> offsets, phases;
  for (int i = 0; i < 2000; ++i) {
    auto id = "host-" + std::to_string(i);
    int64_t offset = grid_offset_ms(id, 15'000), phase = request_phase_ms(id, 15'000);
    BOOST_TEST_REQUIRE(offset % 1000 == 0);
    BOOST_TEST_REQUIRE((0 <= offset && offset < 15'000));
    BOOST_TEST_REQUIRE((0 <= phase && phase < 1000));
    offsets.insert(offset);
    phases.insert(phase);
  }
  BOOST_TEST(offsets.size() == 15u);
  BOOST_TEST(phases == (std::set<int64_t>{100, 300, 500, 700, 900}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(offsets_never_change_between_releases) {
  BOOST_TEST(grid_offset_ms("", 15'000) == 1000 * int64_t(0xcbf29ce484222325 % 15));
  BOOST_TEST(grid_offset_ms("a", 15'000) == 1000 * int64_t(0xaf63dc4c8601ec8c % 15));
}

BOOST_AUTO_TEST_CASE(short_periods_have_no_offset_and_a_short_phase) {
  BOOST_TEST(grid_offset_ms("h1", 1000) == 0);
  BOOST_TEST(grid_offset_ms("h1", 500) == 0);
  BOOST_TEST(request_phase_ms("h1", 400) < 100);
  BOOST_TEST(request_phase_ms("h1", 1) == 0);
  std::set<int64_t> phases;
  for (int i = 0; i < 100; ++i)
    phases.insert(request_phase_ms("host-" + std::to_string(i), 1000));
  BOOST_TEST(phases == (std::set<int64_t>{25, 75, 125, 175, 225}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(grid_times_are_congruent_to_the_offset) {
  BOOST_TEST(floor_grid(47'000, 15'000, 2000) == 47'000);
  BOOST_TEST(floor_grid(46'999, 15'000, 2000) == 32'000);
  BOOST_TEST(next_grid(47'000, 15'000, 2000) == 62'000);
  BOOST_TEST(next_grid(46'999, 15'000, 2000) == 47'000);
  BOOST_TEST(ceil_grid(47'000, 15'000, 2000) == 47'000);
  BOOST_TEST(ceil_grid(47'001, 15'000, 2000) == 62'000);
  BOOST_TEST(floor_grid(-1, 15'000, 2000) == -13'000);
  BOOST_TEST(floor_grid(1000, 15'000, 2000) == -13'000);
}

BOOST_AUTO_TEST_CASE(missing_grid_lists_what_lies_between_cursor_and_now_in_bounded_chunks) {
  auto times = missing_grid(32'000, 92'000, 15'000, 2000, 0, 100);
  BOOST_TEST(times == (std::vector<int64_t>{47'000, 62'000, 77'000, 92'000}));
  times = missing_grid(32'000, 92'000, 15'000, 2000, 15'000, 100);
  BOOST_TEST(times == (std::vector<int64_t>{47'000, 62'000, 77'000}));
  times = missing_grid(32'000, 92'000, 15'000, 2000, 0, 2);
  BOOST_TEST(times == (std::vector<int64_t>{47'000, 62'000}));
  BOOST_TEST(missing_grid(92'000, 92'000, 15'000, 2000, 0, 100).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace grid_test
