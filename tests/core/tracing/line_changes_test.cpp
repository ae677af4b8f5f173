#include "runtime/core/tracing/line_changes.hpp"

#include <boost/test/unit_test.hpp>

namespace line_changes_test {

using namespace aops::tracing;

namespace {

std::string shown(const line_changes& x) {
  std::string out;
  for (const auto& line : x.lines)
    out += std::to_string(line.old_line) + "," + std::to_string(line.new_line) + " " +
           std::string{to_string(line.op)} + " " + line.text + "\n";
  return out;
}

std::string lines(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i)
    out += std::to_string(i) + "\n";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(changed_lines_of_files)

BOOST_AUTO_TEST_CASE(every_line_says_where_it_is) {
  auto x = changed_lines("a\nb\nc\n", "a\nB\nc\nd\n");
  BOOST_TEST(shown(x) == "1,1 equal a\n2,0 remove b\n0,2 add B\n3,3 equal c\n0,4 add d\n");
  BOOST_TEST(x.added == 2u);
  BOOST_TEST(x.removed == 1u);
  BOOST_TEST(!x.is_cut);
}

BOOST_AUTO_TEST_CASE(lines_far_from_a_change_are_left_out) {
  auto x = changed_lines(lines(0, 20), lines(0, 10) + "x\n" + lines(10, 20), 1);
  BOOST_TEST(shown(x) == "10,10 equal 9\n0,11 add x\n11,12 equal 10\n");
  BOOST_TEST(changed_lines("a\nb\n", "a\nb\n", 3).lines.empty());
}

BOOST_AUTO_TEST_CASE(there_are_never_too_many) {
  auto x = changed_lines(lines(0, 5000), lines(5000, 10000), 3, 100);
  BOOST_TEST(x.lines.size() == 100u);
  BOOST_TEST(x.is_cut);
  BOOST_TEST(x.added == 5000u);
  BOOST_TEST(x.removed == 5000u);
  BOOST_TEST(changed_lines("", std::string(9000, 'a')).lines[0].text.size() == most_line_bytes);
}

BOOST_AUTO_TEST_CASE(the_unified_form_is_that_of_diff) {
  BOOST_TEST(unified("a\nb\n", "a\nc\n", "expected", "real") ==
             "--- expected\n+++ real\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace line_changes_test
