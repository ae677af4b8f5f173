#include "runtime/core/fault/slice.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace slice_test {

using namespace aops;
using namespace aops::fault;

namespace {

using list = std::vector<slice>;

leaf_state state(std::vector<result> results) { return state_in(results, {100, 200}); }

} // namespace

BOOST_AUTO_TEST_SUITE(time_slices)

BOOST_AUTO_TEST_CASE(slices_are_neighbours_and_the_last_may_be_shorter) {
  BOOST_TEST((slices(10, 100, 50).value() == list{{10, 60}, {60, 100}}));
  BOOST_TEST((slices(10, 100, 45).value() == list{{10, 55}, {55, 100}}));
  BOOST_TEST((slices(10, 100, 500).value() == list{{10, 100}}));
  BOOST_TEST((slices(10, 100, 89).value() == list{{10, 99}, {99, 100}}));
}

BOOST_AUTO_TEST_CASE(an_empty_range_has_no_slice_and_an_interval_of_zero_is_refused) {
  BOOST_TEST(slices(10, 10, 5)->empty());
  BOOST_TEST(slices(100, 10, 5)->empty());
  BOOST_TEST((slices(10, 100, 0).error() == ec::bad_request));
  BOOST_TEST(slices(10, 100, -5)->empty());
}

BOOST_AUTO_TEST_CASE(counting_slices_needs_no_memory_and_never_overflows) {
  constexpr auto low = std::numeric_limits<int64_t>::min(),
                 high = std::numeric_limits<int64_t>::max();
  BOOST_TEST(slice_count(low, high, 1) == std::numeric_limits<uint64_t>::max());
  BOOST_TEST(slice_count(low, high, high) == 3u);
  BOOST_TEST(slice_count(11'246'000, 12'456'000, 60'000) == 21u);
}

BOOST_AUTO_TEST_CASE(abnormal_wins_over_no_data_and_no_data_over_internal_error) {
  constexpr auto abnormal = leaf_state::abnormal, no_data = leaf_state::no_data,
                 broken = leaf_state::internal_error;
  BOOST_TEST((state({}) == leaf_state::normal));
  BOOST_TEST((state({{150, 150, broken}}) == broken));
  BOOST_TEST((state({{150, 150, broken}, {160, 170, no_data}}) == no_data));
  BOOST_TEST((state({{160, 170, no_data}, {150, 150, broken}}) == no_data));
  BOOST_TEST((state({{150, 150, broken}, {160, 170, no_data}, {180, 180, abnormal}}) == abnormal));
}

BOOST_AUTO_TEST_CASE(both_ends_of_a_slice_belong_to_it) {
  constexpr auto abnormal = leaf_state::abnormal;
  BOOST_TEST((state({{200, 300, abnormal}}) == abnormal));
  BOOST_TEST((state({{50, 100, abnormal}}) == abnormal));
  BOOST_TEST((state({{0, 1000, abnormal}}) == abnormal));
  BOOST_TEST((state({{201, 300, abnormal}, {0, 99, abnormal}}) == leaf_state::normal));
}

BOOST_AUTO_TEST_CASE(without_results_it_matters_whether_somebody_looked) {
  BOOST_TEST((state_in({}, {0, 1}, false) == leaf_state::not_evaluated));
  const std::vector<result> one = {{0, 0, leaf_state::abnormal}};
  BOOST_TEST((state_in(one, {0, 1}, false) == leaf_state::abnormal));
}

BOOST_AUTO_TEST_CASE(unknown_result_texts_count_as_internal_errors) {
  BOOST_TEST((state_of("Abnormal") == leaf_state::abnormal));
  BOOST_TEST((state_of("No data") == leaf_state::no_data));
  BOOST_TEST((state_of("Internal error") == leaf_state::internal_error));
  BOOST_TEST((state_of("Normal") == leaf_state::internal_error));
  BOOST_TEST(result_text(leaf_state::abnormal) == "Abnormal");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace slice_test
