#include "messages/paging.hpp"

#include <boost/test/unit_test.hpp>

namespace paging_test {

using namespace aops;

namespace {

constexpr int64_t huge = std::numeric_limits<int64_t>::max();

paging page_of(int64_t page, int64_t per_page) {
  paging p;
  p.page = page;
  p.per_page = per_page;
  return p;
}

/// `first+count of total pages`
std::string shown(const paging& p, int64_t total) {
  auto [first, count] = rows_of(p, total);
  return std::to_string(first) + "+" + std::to_string(count) + " of " +
         std::to_string(total_pages(total, p.per_page));
}

} // namespace

BOOST_AUTO_TEST_SUITE(paging_rules)

BOOST_AUTO_TEST_CASE(a_page_holds_its_rows) {
  BOOST_TEST(shown(page_of(1, 10), 25) == "0+10 of 3");
  BOOST_TEST(shown(page_of(3, 10), 25) == "20+5 of 3");
  BOOST_TEST(shown(page_of(2, 25), 50) == "25+25 of 2");
  BOOST_TEST(shown(page_of(0, 0), 25) == "0+25 of 1");
  BOOST_TEST(shown(page_of(1, 10), 0) == "0+0 of 0");
}

BOOST_AUTO_TEST_CASE(pages_past_the_end_are_empty_whatever_their_number) {
  for (int64_t page : {int64_t{4}, int64_t{1} << 31, (int64_t{1} << 31) - 1, huge})
    BOOST_TEST(shown(page_of(page, 10), 25) == "25+0 of 3");
  BOOST_TEST(shown(page_of(2, 25), 25) == "25+0 of 1");
}

BOOST_AUTO_TEST_CASE(no_size_of_a_page_overflows) {
  BOOST_TEST(shown(page_of(1, huge), 25) == "0+25 of 1");
  BOOST_TEST(shown(page_of(2, huge), 25) == "25+0 of 1");
  BOOST_TEST(shown(page_of(huge, huge), 25) == "25+0 of 1");
  BOOST_TEST(total_pages(huge, 2) == huge / 2 + 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paging_test
