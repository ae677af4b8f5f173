#include "runtime/base/seldom.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace seldom_test {

using namespace aops::base;

BOOST_AUTO_TEST_SUITE(seldom_and_short)

BOOST_AUTO_TEST_CASE(what_was_not_made_reads_as_a_new_one) {
  seldom<std::string> a, b;
  BOOST_TEST(a->empty());
  BOOST_TEST(!a.has());
  a.make() = "x";
  a.make() += "y";
  BOOST_TEST(*a == "xy");
  BOOST_TEST(b->empty());
  b = std::move(a);
  BOOST_TEST(*b == "xy");
  BOOST_TEST(!a.has());
}

BOOST_AUTO_TEST_CASE(a_short_list_is_a_list) {
  for (size_t n = 0; n < 6; ++n) {
    std::vector<int> wanted;
    short_list<int> grown;
    for (size_t i = 0; i < n; ++i) {
      wanted.push_back(static_cast<int>(i * 7));
      grown.push_back(static_cast<int>(i * 7));
    }
    short_list<int> made{std::span<const int>{wanted}};
    for (auto* list : {&grown, &made}) {
      BOOST_TEST(std::vector<int>(list->begin(), list->end()) == wanted,
                 boost::test_tools::per_element());
      BOOST_TEST(list->size() == n);
      BOOST_TEST(list->empty() == (n == 0));
      BOOST_TEST((list->memory_bytes() == 0) == (n < 2));
    }
    auto moved = std::move(grown);
    BOOST_TEST(moved.all().size() == n);
    BOOST_TEST(grown.empty());
    moved.clear();
    BOOST_TEST(moved.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace seldom_test
