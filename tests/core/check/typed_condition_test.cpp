#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/check/typed_condition.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <array>
#include <random>

namespace typed_condition_test {

using namespace aops;
using namespace aops::check;

namespace {

/// `CONDITION | SELECTOR; SELECTOR`, or what is wrong.
std::string read(std::string_view text) {
  auto typed = read_typed(text);
  if (!typed)
    return typed.error().detail;
  auto out = typed->condition + " |";
  for (size_t i = 0; i < typed->data_list.size(); ++i)
    out += " " + typed_again("$" + std::to_string(i), typed->data_list);
  return out;
}

std::map<std::string, std::string> match_of(std::string_view text) {
  auto typed = read_typed(text);
  BOOST_REQUIRE_MESSAGE(typed, text);
  return typed->data_list.front().match.value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(typed_conditions)

BOOST_AUTO_TEST_CASE(series_become_items_in_their_order_each_once) {
  BOOST_TEST(read("node_load1 > 2 * cpu_count") == "$0 > 2 * cpu_count | node_load1");
  BOOST_TEST(read("a{mountpoint=\"/var\"} / b < 0.1 && b > a{mountpoint='/var'}") ==
             "$0 / $1 < 0.1 && $1 > $0 | a{mountpoint=\"/var\"} b");
  BOOST_TEST(read("a != a{x=\"1\"}") == "$0 != $1 | a a{x=\"1\"}");
  BOOST_TEST(read("memory_total{x=\"1\"} > memory_total") ==
             "$0 > memory_total | memory_total{x=\"1\"}");
}

BOOST_AUTO_TEST_CASE(functions_windows_texts_and_words_stay_what_they_are) {
  BOOST_TEST(read("max(5m) - min( 1.5 h ) > a.rate(#4)") ==
             "max(5m) - min( 1.5 h ) > $0.rate(#4) | a");
  BOOST_TEST(read("a{x=\"1\"} . rate (5m) > 1e-3 + 0x1F") ==
             "$0 . rate (5m) > 1e-3 + 0x1F | a{x=\"1\"}");
  BOOST_TEST(read("a.count(5m, 80, '>') >= 5 || false") ==
             "$0.count(5m, 80, '>') >= 5 || false | a");
  BOOST_TEST(read("{1: a} in {1: b, 2: 'a b'}") == "{1: $0} in {1: $1, 2: 'a b'} | a b");
  BOOST_TEST(read("m > 1 ? s : h") == "$0 > 1 ? $1 : $2 | m s h");
  BOOST_TEST(read("a>1&&null") == "$0>1&&null | a");
}

BOOST_AUTO_TEST_CASE(matchers_read_as_in_prometheus) {
  using match = std::map<std::string, std::string>;
  BOOST_TEST((match_of("a > 1") == match{}));
  BOOST_TEST((match_of("a{} > 1") == match{}));
  BOOST_TEST((match_of("a { x = \"1\" , y!='2', z=~`a\\.b`, w!~\"c|d\", } > 1") ==
              match{{"x", "1"}, {"y", "!=2"}, {"z", "=~a\\.b"}, {"w", "!~c|d"}}));
  BOOST_TEST((match_of("a{x=\"=b\",y=\"!~c\",z=\"!d\",v=\"\"} > 1") ==
              match{{"x", "==b"}, {"y", "=!~c"}, {"z", "!d"}, {"v", ""}}));
  BOOST_TEST((match_of("a{x=\"q\\\"\\\\ \\n\\.\"} > 1") == match{{"x", "q\"\\ \n\\."}}));
  BOOST_TEST((match_of("a{x=\"Grüße }{\"} > 1") == match{{"x", "Grüße }{"}}));
}

BOOST_AUTO_TEST_CASE(the_hosts_own_series_have_no_labels) {
  auto typed = read_typed("up == 0 || scrape_duration_seconds > 1");
  BOOST_REQUIRE(typed);
  for (const auto& item : typed->data_list)
    BOOST_TEST(!item.match.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_where_it_was_typed) {
  BOOST_TEST(read("node_load1 >") == "line 1, position 13: the condition ends too early");
  BOOST_TEST(read("a{x=\"Grüße\"} +\n  mux(5m)") == "line 2, position 3: unknown function 'mux'");
  BOOST_TEST(read("1 > 0") == "line 1, position 1: names no series");
  BOOST_TEST(read("$0 > 1") == "line 1, position 1: a series should stand here, by its name");
  BOOST_TEST(read("rate(a[5m]) > 1") ==
             "line 1, position 7: windows stand in a function behind the series: x.rate(5m)");
  BOOST_TEST(read("a{x>\"1\"} > 1") == "line 1, position 4: one of = != =~ !~ should stand here");
  BOOST_TEST(read("a{x=1} > 1") == "line 1, position 5: a text in quotes should stand here");
  BOOST_TEST(read("a{x=\"1} > 1") == "line 1, position 5: the text has no end");
  BOOST_TEST(read("a{x=\"1\" y=\"2\"} > 1") == "line 1, position 9: ',' or '}' should stand here");
  BOOST_TEST(read("a{=\"1\"} > 1") == "line 1, position 3: a label should stand here");
  BOOST_TEST(read("a{x=\"1\",x!=\"2\"} > 1") ==
             "line 1, position 9: 'x' stands here twice: one pattern can say both");
  BOOST_TEST(read("a{instance=\"web1\"} > 1") ==
             "line 1, position 3: instance is no label here: the host is chosen beside");
  BOOST_TEST(read("a{") == "line 1, position 3: a label should stand here");
}

BOOST_AUTO_TEST_CASE(series_stand_in_parts_as_they_were_typed) {
  auto typed = read_typed("a{x=\"1\"} / b.max(5m) > 1");
  BOOST_REQUIRE(typed);
  const auto& items = typed->data_list;
  BOOST_TEST(typed_again("$0 / $1.max(5m)", items) == "a{x=\"1\"} / b.max(5m)");
  BOOST_TEST(typed_again("'$0' + \"\\\"$1\" + $12 + $", items) == "'$0' + \"\\\"$1\" + $12 + $");
}

BOOST_AUTO_TEST_CASE(whatever_is_read_makes_a_legal_rule_and_reads_the_same_again) {
  static constexpr std::array<std::string_view, 38> words = {
    "a",    "b",   "{",   "}",  "x",  "=",         "!=",       "=~",        "!~",  "\"v\"",
    "'w'",  "`z`", ",",   "(",  ")",  ".",         ">",        "+",         "max", "5m",
    "#3",   "1",   "1.5", " ",  "in", "null",      "true",     "up",        "?",   ":",
    "rate", "$0",  "[",   "\\", "\"", "cpu_count", "a{x='1'}", "b.rate(5m)"};
  std::mt19937 random{7};
  size_t read_well = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 2 == 0 ? "a>" : "";
    for (auto left = random() % 9 + 1; left > 0; --left)
      text += words[random() % words.size()];
    auto typed = read_typed(text);
    if (!typed) {
      BOOST_REQUIRE_MESSAGE(typed.error().detail.starts_with("line "), text);
      continue;
    }
    ++read_well;
    check_rule rule;
    rule.check_item = "eval";
    rule.condition = typed->condition;
    rule.data_list = typed->data_list;
    if (auto fine = validate(rule); !fine) // Patterns and `count` are the rule's own matter.
      BOOST_REQUIRE_MESSAGE(!fine.error().detail.starts_with("condition: line"), text);
    auto again = read_typed(typed_again(typed->condition, typed->data_list));
    BOOST_REQUIRE_MESSAGE(again, text);
    BOOST_REQUIRE_MESSAGE(again->condition == typed->condition, text);
    BOOST_REQUIRE_MESSAGE(again->data_list == typed->data_list, text);
  }
  BOOST_TEST(read_well > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace typed_condition_test
