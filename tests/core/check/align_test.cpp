#include "runtime/core/check/align.hpp"

#include <boost/test/unit_test.hpp>

namespace align_test {

using namespace aops;
using namespace aops::check;

BOOST_AUTO_TEST_SUITE(alignment_of_series)

BOOST_AUTO_TEST_CASE(the_anchor_is_the_shortest_series_and_on_a_tie_the_first) {
  auto a = align({{0, 10, 20, 30}, {3, 13}}, 10, 100);
  BOOST_TEST(a.grid == (std::vector<int64_t>{3, 13}));
  BOOST_TEST(a.pick[0] == (std::vector<size_t>{0, 1}));
  a = align({{1, 11}, {3, 13}}, 10, 100);
  BOOST_TEST(a.grid == (std::vector<int64_t>{1, 11}));
}

BOOST_AUTO_TEST_CASE(a_missing_or_empty_series_means_no_data) {
  BOOST_TEST(align({}, 10, 100).grid.empty());
  BOOST_TEST(align({{1, 2}, {}}, 10, 100).grid.empty());
  BOOST_TEST(align({{100}}, 10, 100).grid.empty()); // The end is not part of the range.
}

BOOST_AUTO_TEST_CASE(holes_are_filled_from_the_nearest_neighbour_the_later_on_a_tie) {
  auto a = align({{0, 40}, {0, 5, 35}}, 10, 100);
  BOOST_TEST(a.grid == (std::vector<int64_t>{0, 10, 20, 30, 40}));
  BOOST_TEST(a.pick[0] == (std::vector<size_t>{0, 0, 1, 1, 1}));
  BOOST_TEST(a.pick[1] == (std::vector<size_t>{0, 1, 2, 2, 2}));
}

BOOST_AUTO_TEST_CASE(max_fill_drops_grid_times_that_some_series_cannot_fill) {
  auto a = align({{0, 40}, {0, 5, 35}}, 10, 100, 5);
  BOOST_TEST(a.grid == (std::vector<int64_t>{0, 40}));
  BOOST_TEST(a.pick[1] == (std::vector<size_t>{0, 2}));
}

BOOST_AUTO_TEST_CASE(log_entries_of_one_time_become_one) {
  std::vector<log_point> entries = {{1, "a"}, {1, ""}, {1, "b"}, {2, "c"}, {1, "d"}};
  BOOST_TEST((joined_by_time(entries) == std::vector<log_point>{{1, "a  b"}, {2, "c"}, {1, "d"}}));
  BOOST_TEST(joined_by_time({}).empty());
}

BOOST_AUTO_TEST_CASE(nearest_sample_looks_one_period_around) {
  std::vector<point> points;
  for (int64_t t : {1000, 16'000, 31'000})
    points.push_back({t, number::of(t)});
  auto at = [&](int64_t t) {
    auto p = nearest_sample(points, t, 15'000);
    return p ? p->time_ms : -1;
  };
  BOOST_TEST(at(-14'001) == -1);
  BOOST_TEST(at(-14'000) == 1000);
  BOOST_TEST(at(8499) == 1000);
  BOOST_TEST(at(8500) == 16'000); // Equally far: the later one.
  BOOST_TEST(at(46'000) == 31'000);
  BOOST_TEST(at(46'001) == -1);
  BOOST_TEST(!nearest_sample({}, 0, 15'000));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace align_test
