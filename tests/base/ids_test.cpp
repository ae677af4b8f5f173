#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace ids_test {

namespace base = aops::base;

BOOST_AUTO_TEST_SUITE(identifiers)

BOOST_AUTO_TEST_CASE(a_new_id_is_32_hex_digits_that_begin_with_its_time) {
  auto id = base::new_id(0x0123456789ab);
  BOOST_TEST(base::is_id(id));
  BOOST_TEST(id.substr(0, 12) == "0123456789ab");
  BOOST_TEST(base::time_of_id(id) == 0x0123456789ab);
}

BOOST_AUTO_TEST_CASE(ids_sort_by_time_and_never_repeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i)
    seen.insert(base::new_id(1'700'000'000'000));
  BOOST_TEST(seen.size() == 500u);
  BOOST_TEST(*seen.rbegin() < base::new_id(1'700'000'000'001));
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_ids) {
  BOOST_TEST(!base::is_id(""));
  BOOST_TEST(!base::is_id(std::string(31, 'a')));
  BOOST_TEST(!base::is_id(std::string(32, 'A')));
  BOOST_TEST(!base::is_id(std::string(32, 'g')));
  BOOST_TEST(base::time_of_id("x") == 0);
}

BOOST_AUTO_TEST_CASE(a_report_id_is_the_digest_of_the_list_that_names_the_report) {
  auto list = R"(["task","host","tree \"a\"",11246,12456.5])";
  BOOST_TEST(base::report_id("task", "host", "tree \"a\"", 11'246'000, 12'456'500) ==
             base::sha256_hex(list).substr(0, 32));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace ids_test
