#include "runtime/core/promql/parser.hpp"
#include "runtime/core/promql/series_notation.hpp"

#include <boost/test/unit_test.hpp>

namespace parser_test {

using namespace aops;
using namespace aops::promql;

namespace {

std::string refusal(std::string_view query, const parse_limits& limits = {}) {
  auto n = parse(query, limits);
  return n ? "none" : n.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_does_not_read_is_told_by_line_and_column) {
  BOOST_TEST(refusal("") == "1:1: parse error: no expression found in input");
  BOOST_TEST(refusal("sum(\n  up{job=a})") ==
             "2:10: parse error: unexpected \"a\" in label matching, expected string");
  BOOST_TEST(refusal("1 +") == "1:4: parse error: unexpected end of input, expected an expression");
  BOOST_TEST(refusal("up $") == "1:4: parse error: unexpected character: '$'");
  BOOST_TEST(refusal("up[5x]") == "1:4: parse error: bad number or duration syntax: \"5x\"");
  BOOST_TEST(refusal("up[1m1h]") == "1:4: parse error: bad number or duration syntax: \"1m1h\"");
  BOOST_TEST(refusal("'a") == "1:1: parse error: unterminated quoted string");
  BOOST_TEST(refusal("\"\\q\"") == "1:3: parse error: unknown escape sequence");
  BOOST_TEST(refusal("rat(up[5m])") == "1:1: parse error: unknown function with name \"rat\"");
  BOOST_TEST(refusal("1 1") == "1:3: parse error: unexpected \"1\"");
  BOOST_TEST(refusal("up{a=~\"(\"}") == "1:7: parse error: invalid regular expression \"(\"");
}

BOOST_AUTO_TEST_CASE(types_are_checked) {
  BOOST_TEST(refusal("rate(up)") ==
             "1:6: parse error: expected type range vector in call to function \"rate\", got "
             "instant vector");
  BOOST_TEST(refusal("abs(up, 1)") ==
             "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 2");
  BOOST_TEST(refusal("round()") ==
             "1:1: parse error: expected at least 1 argument(s) in call to \"round\", got 0");
  BOOST_TEST(refusal("1 and up") ==
             "1:1: parse error: set operator \"and\" not allowed in binary scalar expression");
  BOOST_TEST(refusal("up + bool up") ==
             "1:6: parse error: bool modifier can only be used on comparison operators");
  BOOST_TEST(refusal("up and on (a) group_left b") ==
             "1:15: parse error: no grouping allowed for \"and\" operation");
  BOOST_TEST(refusal("up + on (a) 1") ==
             "1:1: parse error: vector matching only allowed between instant vectors");
  BOOST_TEST(refusal("up * on (a) group_left (a) up") ==
             "1:1: parse error: label \"a\" must not occur in ON and GROUP clause at once");
  BOOST_TEST(refusal("up[5m][5m]") == "1:7: parse error: ranges only allowed for vector selectors");
  BOOST_TEST(refusal("up offset 1m offset 1m") ==
             "1:14: parse error: offset may not be set multiple times");
  BOOST_TEST(refusal("sum(up)[5m]") ==
             "1:8: parse error: ranges only allowed for vector selectors");
  BOOST_TEST(refusal("up[0s]") == "1:4: parse error: duration must be greater than 0");
  BOOST_TEST(refusal("{\"a\", \"b\"}") ==
             "1:7: parse error: metric name must not be set twice: \"a\" or \"b\"");
  BOOST_TEST(refusal("-\"a\"") ==
             "1:1: parse error: unary expression only allowed on expressions of type scalar or "
             "instant vector, got \"string\"");
}

BOOST_AUTO_TEST_CASE(what_is_left_out_says_so) {
  for (auto query : {"limitk(1, up)",
                     "limit_ratio by (a) (0.5, up)",
                     "mad_over_time(up[5m])",
                     "up[5m + 1m]",
                     "rate(up[5m] anchored)",
                     "up + fill(0) up",
                     "info(up)"})
    BOOST_TEST(refusal(query).find(left_out) != std::string::npos, query << ": " << refusal(query));
}

BOOST_AUTO_TEST_CASE(words_of_the_language_are_names_where_nothing_else_fits) {
  for (auto query : {"sum",
                     "count + min",
                     "offset offset 5m",
                     "end{start=\"1\"}",
                     "sum(sum)",
                     "up{by=\"x\", on=\"y\", bool=\"z\"}",
                     "sum by (offset, bool) (up)",
                     "rate(a:b:c[5m])",
                     "SUM BY (a) (up) OR up",
                     "up[5m:]",
                     "up[5m:1m] offset 1m @ end()",
                     "(up)",
                     "up # a comment",
                     "sum(up) by (a,)"})
    BOOST_TEST(refusal(query) == "none", query);
}

BOOST_AUTO_TEST_CASE(depth_and_length_are_bounded) {
  std::string deep(5000, '(');
  BOOST_TEST(refusal(deep).find("nested too deeply") != std::string::npos);
  std::string minuses(5000, '-');
  BOOST_TEST(refusal(minuses + "1").find("nested too deeply") != std::string::npos);
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i)
    chain += "+1";
  BOOST_TEST(refusal(chain).find("nested too deeply") != std::string::npos);
  parse_limits limits;
  limits.length = 3;
  BOOST_TEST(refusal("up", limits) == "none");
  BOOST_TEST(refusal("up+1", limits) == "the query is longer than 3");
}

BOOST_AUTO_TEST_CASE(series_are_noted) {
  auto s = parse_series("m{a=\"} \"} 1 2+3x2 _x2 -1e3-2x1 stale {{schema:0 sum:1}}x1 Inf");
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST(to_string(s->metric) == "m{a=\"} \"}");
  std::vector<double> values;
  for (const auto& p : s->points)
    values.push_back(p.what == noted_point::kind::value ? p.value : 77);
  BOOST_REQUIRE(values.size() == 12u);
  std::vector<double> first(values.begin(), values.begin() + 8);
  BOOST_TEST(first == (std::vector<double>{1, 2, 5, 8, 77, 77, -1000, -1002}),
             boost::test_tools::per_element());
  BOOST_TEST(parse_series("m 0x59")->points.size() == 60u);
  BOOST_TEST(!parse_series("m 1 2x").has_value());
  BOOST_TEST(!parse_series("m 1x99999999999").has_value());
  BOOST_TEST(!parse_series("m{a=} 1").has_value());
}

} // namespace parser_test
