#include "runtime/core/promql/engine.hpp"
#include "runtime/core/promql/print.hpp"

#include <boost/test/unit_test.hpp>

namespace print_test {

using namespace aops::promql;

namespace {

std::string shown(const std::string& text) {
  auto x = query::parse(text);
  return x ? to_string(x->root()) : x.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(queries_have_one_form) {
  auto is = [](const std::string& from, const std::string& to) {
    BOOST_TEST(shown(from) == to);
    BOOST_TEST(shown(to) == to);
  };
  is("foo/bar", "foo / bar");
  is("up{ a = 'b' , c!~\"d.*\"}[ 90s ]", R"(up{a="b",c!~"d.*"}[1m30s])");
  is("{__name__=~'a|b'}", R"({__name__=~"a|b"})");
  is("{\"cpu.load\", x='1'}", R"({"cpu.load",x="1"})");
  is("sum(rate(x[5m]))by(a,b)", "sum by (a, b) (rate(x[5m]))");
  is("sum without() (x)", "sum without () (x)");
  is("topk (3,x)", "topk(3, x)");
  is("a+on(x)group_left(y)b", "a + on (x) group_left (y) b");
  is("a >bool ignoring(x) (1*b)", "a > bool ignoring (x) (1 * b)");
  is("a and b or c unless d", "a and b or c unless d");
  is("max_over_time(x[1h:5m] offset 1d)", "max_over_time(x[1h:5m] offset 1d)");
  is("x[1h:]@end() offset -5m", "x[1h:] @ end() offset -5m");
  is("-x @ 1.5", "-x @ 1.500");
  is("label_replace(x,'a','$1','b','(.*)')", R"x(label_replace(x, "a", "$1", "b", "(.*)"))x");
  is("1e3 + Inf", "1000 + Inf");
}

BOOST_AUTO_TEST_CASE(durations_have_whole_units) {
  BOOST_TEST(duration_text(0) == "0s");
  BOOST_TEST(duration_text(90'000) == "1m30s");
  BOOST_TEST(duration_text(int64_t{8} * 86'400'000) == "8d");
  BOOST_TEST(duration_text(int64_t{14} * 86'400'000) == "2w");
  BOOST_TEST(duration_text(1500) == "1s500ms");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace print_test
