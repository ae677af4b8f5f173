#include "cli/aops/term/output.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

namespace output_test {

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

BOOST_AUTO_TEST_CASE(a_table_fits_its_terminal_and_loses_nothing) {
  json rows =
    json::array({{{"name", "web1"},
                  {"id", "018e4c0a7b1f0d7c9a3e5b7f2c4d6e80"},
                  {"text", "the quick brown fox jumps over the lazy dog again and again"}}});
  for (size_t width : {70u, 80u, 120u}) {
    auto shown = render(table_of(rows, {"name", "id", "text"}), width);
    std::string words;
    for (size_t at = 0; at < shown.size();) {
      auto end = shown.find('\n', at);
      BOOST_TEST(columns(shown.substr(at, end - at)) <= width);
      at = end + 1;
    }
    BOOST_TEST(shown.find("...") == std::string::npos);
    BOOST_TEST(shown.find("018e4c0a7b1f0d7c9a3e5b7f2c4d6e80") != std::string::npos);
    for (const auto* word : {"quick", "lazy", "again"})
      BOOST_TEST(shown.find(word) != std::string::npos);
  }
  BOOST_TEST(
    render(table_of(rows, {"name", "id", "text"})).find("over the lazy dog again and again |") !=
    std::string::npos); // A pipe has no width.
}

BOOST_AUTO_TEST_CASE(a_table_that_no_terminal_could_show_becomes_blocks) {
  json rows = json::array({{{"host_name", "web1"},
                            {"host_id", "018e4c0a7b1f0d7c9a3e5b7f2c4d6e80"},
                            {"start", 1709290800}}});
  auto what = table_of(rows, {"host_name", "host_id", "start"});
  auto narrow = render(what, 40);
  BOOST_TEST(narrow.find("host_id does not fit; -o wide shows it\n") != std::string::npos);
  BOOST_TEST(narrow.find("| web1 ") != std::string::npos);
  BOOST_TEST(
    render(what, 25).starts_with("host_name  web1\nhost_id    018e4c0a7b1f0d7c9a3e5b7f2c4d6e80\n"
                                 "start      2024-03-01 "));
}

BOOST_AUTO_TEST_CASE(ids_are_shortened_only_with_a_word_and_stay_different) {
  json rows = json::array();
  for (const auto* id : {"018e4c0a7b1f0d7c9a3e5b7f2c4d6e80",
                         "018e4c0a7b1f0d7c9a3e5b7f2c4d6e81",
                         "028e4c0a7b1f0d7c9a3e5b7f2c4d6e80"})
    rows.push_back({{"tree", "slow"}, {"start", 1709290800}, {"report_id", id}});
  auto what = table_of(rows, {"tree", "start", "report_id"});
  auto wide = render(what, 70);
  BOOST_TEST(wide.find("shortened") == wide.npos);
  // The clock goes below the date before anything is cut.
  BOOST_TEST(render(what, 60).find("shortened") == std::string::npos);
  rows.erase(1);
  auto narrow = render(table_of(rows, {"tree", "start", "report_id"}), 42);
  BOOST_TEST(narrow.find("| 018e4c0a7b1f |") != narrow.npos);
  BOOST_TEST(narrow.find("| 028e4c0a7b1f |") != narrow.npos);
  BOOST_TEST(narrow.ends_with("ids are shortened; -o wide shows them whole\n"));
}

BOOST_AUTO_TEST_CASE(every_moment_of_the_contract_is_shown_as_a_local_time) {
  const std::regex declaration(R"(^\s+(?:maybe<)?moment>? ([a-z_]+)(?:, ([a-z_]+))?(?: = \{\})?;)");
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(AOPS_SOURCE_DIR "/messages")) {
    std::ifstream in(file.path());
    std::smatch found;
    for (std::string line; std::getline(in, line);)
      if (std::regex_search(line, found, declaration))
        for (size_t i = 1; i <= 2; ++i)
          if (found[i].matched)
            names.insert(found[i]);
  }
  BOOST_TEST(names.contains("status_since"));
  BOOST_TEST(names.size() >= 6u);
  for (const auto& name : names)
    BOOST_TEST(is_time_column(name), name);
  for (const auto* name : {"count", "backend", "restart", "sample_period", "ssh_port", "online"})
    BOOST_TEST(!is_time_column(name), name);
  json rows = json::array({{{"host_name", "a"}, {"status_since", 0}}});
  BOOST_TEST(render(table_of(rows, {"status_since"})).find('0') == std::string::npos);
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

} // namespace output_test
