#include "runtime/base/near_name.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

namespace near_name_test {

using namespace aops::base;

BOOST_AUTO_TEST_SUITE(near_name)

BOOST_AUTO_TEST_CASE(letters_put_in_left_out_changed_and_swapped_are_counted) {
  BOOST_TEST(word_distance("children", "children", 3) == 0u);
  BOOST_TEST(word_distance("chidlren", "children", 3) == 1u);
  BOOST_TEST(word_distance("Childen", "children", 3) == 1u);
  BOOST_TEST(word_distance("kitten", "sitting", 5) == 3u);
  BOOST_TEST(word_distance("kitten", "sitting", 2) == 3u);
  BOOST_TEST(word_distance("", "abc", 5) == 3u);
  BOOST_TEST(word_distance("", "", 5) == 0u);
  BOOST_TEST(word_distance(std::string(100'000, 'x'), std::string(100'001, 'x'), 2) == 0u);
}

BOOST_AUTO_TEST_CASE(only_what_may_have_been_meant_is_named_the_nearest_first) {
  constexpr std::array<std::string_view, 4> known = {
    "node_filesystem_size_bytes", "node_filesystem_avail_bytes", "node_load1", "up"};
  BOOST_TEST(near_names("node_filesystem_avial_bytes", known).at(0) ==
             "node_filesystem_avail_bytes");
  BOOST_TEST(near_names("node_filesystem_sizes_bytes", known, 1).at(0) ==
             "node_filesystem_size_bytes");
  BOOST_TEST(near_names("ux", known).size() == 1u);
  BOOST_TEST(near_names("temperature", known).empty());
  BOOST_TEST(did_you_mean("node_laod1", known) == ", did you mean 'node_load1'?");
  BOOST_TEST(did_you_mean("temperature", known) == "");
  BOOST_TEST(did_you_mean("x", {}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace near_name_test
