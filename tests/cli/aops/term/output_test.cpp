#include "cli/aops/term/output.hpp"
#include "cli/aops/term/table.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops;
using namespace aops::cli;

BOOST_AUTO_TEST_SUITE(cli_output)

BOOST_AUTO_TEST_CASE(pretty_json_sorts_keys_and_keeps_non_ascii) {
  json value = {
    {"b", json::array({1, 2.5, nullptr})}, {"a", {{"名", "x\"y"}}}, {"c", json::object()}};
  BOOST_TEST(
    pretty_json(value, {}) ==
    "{\n  \"a\": {\n    \"名\": \"x\\\"y\"\n  },\n  \"b\": [\n    1,\n    2.5,\n    null\n  ],\n"
    "  \"c\": {}\n}\n");
}

BOOST_AUTO_TEST_CASE(pretty_json_has_colours_only_when_they_are_on) {
  json value = {{"a", "x"}};
  BOOST_TEST(pretty_json(value, {true}).find("\x1b[34m\"a\"\x1b[0m") != std::string::npos);
  BOOST_TEST(pretty_json(value, {false}).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(yaml_quotes_what_a_reader_could_misread) {
  json value = {{"plain", "web server 1"},
                {"number", "12"},
                {"yes", "yes"},
                {"colon", "a: b"},
                {"empty", ""},
                {"list", json::array({1, true, nullptr, "x"})},
                {"none", json::array()}};
  BOOST_TEST(to_yaml(value) ==
             "plain: web server 1\nnumber: \"12\"\n\"yes\": \"yes\"\ncolon: \"a: b\"\nempty: \"\"\n"
             "list:\n  - 1\n  - true\n  - ~\n  - x\nnone: []\n");
}

BOOST_AUTO_TEST_CASE(a_table_has_the_keys_as_columns_in_the_preferred_order) {
  json rows = json::array({{{"count", 3}, {"name", "故障"}, {"x", json::array({"a", "b"})}},
                           {{"count", 12}, {"name", "b"}}});
  BOOST_TEST(render(table_of(rows, {"name", "count", "*"})) == "+------+-------+------+\n"
                                                               "| name | count | x    |\n"
                                                               "+------+-------+------+\n"
                                                               "| 故障 |     3 | a, b |\n"
                                                               "| b    |    12 |      |\n"
                                                               "+------+-------+------+\n");
}

BOOST_AUTO_TEST_CASE(a_table_without_rows_still_shows_its_columns) {
  BOOST_TEST(render(table_of(json::array(), {"host_id", "count", "*"})) == "+---------+-------+\n"
                                                                           "| host_id | count |\n"
                                                                           "+---------+-------+\n");
}

BOOST_AUTO_TEST_CASE(broken_json_is_told_with_its_line) {
  auto value = parse_json("{\n\"a\": 1,\n oops}");
  BOOST_REQUIRE(!value);
  BOOST_TEST(value.error().detail == "no valid JSON, line 3");
}

BOOST_AUTO_TEST_CASE(json_nested_without_end_is_refused_not_followed) {
  BOOST_TEST(parse_json(std::string(512, '[') + std::string(512, ']')).has_value());
  for (const auto* open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 200000; ++i)
      text += open;
    BOOST_TEST(parse_json(text).error().detail == "JSON nested deeper than 512 levels");
  }
}

BOOST_AUTO_TEST_SUITE_END()
