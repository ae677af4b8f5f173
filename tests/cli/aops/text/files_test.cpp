#include "cli/aops/term/output.hpp"
#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/rule_file.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/text/yaml.hpp"
#include "tests/cli/aops/support/canned_node.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace files_test {

using namespace aops;
using namespace aops::cli;

BOOST_AUTO_TEST_SUITE(cli_files)

BOOST_AUTO_TEST_CASE(csv_cells_may_hold_commas_quotes_and_line_breaks) {
  auto records = parse_csv("\xEF\xBB\xBF"
                           "a,\"b,1\",\"say \"\"hi\"\"\"\r\n\r\n\"two\nlines\",,x");
  BOOST_REQUIRE(records);
  BOOST_REQUIRE(records->size() == 2u);
  BOOST_TEST((*records)[0].cells == (std::vector<std::string>{"a", "b,1", "say \"hi\""}),
             boost::test_tools::per_element());
  BOOST_TEST((*records)[1].cells == (std::vector<std::string>{"two\nlines", "", "x"}),
             boost::test_tools::per_element());
  BOOST_TEST((*records)[1].line == 3u);
}

BOOST_AUTO_TEST_CASE(a_broken_quote_is_told_with_its_line) {
  BOOST_TEST(parse_csv("a\n\"b").error().detail.find("line 2") != std::string::npos);
  BOOST_TEST(!parse_csv("\"a\"b,c"));
}

BOOST_AUTO_TEST_CASE(rules_come_from_json_in_three_shapes) {
  const char* rule = R"({"check_item":"cpu","data_list":[{"name":"x"}],"condition":"$0>1"})";
  for (const auto& text : {fmt::format(R"({{"check_items":[{}]}})", rule),
                           fmt::format("[{}]", rule),
                           std::string{rule}}) {
    auto rules = read_rules("rules.json", text);
    BOOST_REQUIRE(rules);
    BOOST_TEST(text_of((*rules)[0], "check_item") == "cpu");
  }
  BOOST_TEST(!read_rules("rules.json", R"({"rules":[]})"));
  BOOST_TEST(!read_rules("rules.json", R"({"check_items":7})"));
  BOOST_TEST(read_rules("rules.json", "{").error().detail.starts_with("rules.json: "));
}

BOOST_AUTO_TEST_CASE(yaml_says_what_json_says) {
  auto value = parse_yaml(R"(# A remark
text: "12"
name: web server 1
yes: no
number: 012
fraction: -1.5e3
hex: 0x1F
none: ~
empty:
truth: true
list: [a, 'b', 3]
"quoted": |
  two
  lines
base: &base {x: 1}
again: *base
)");
  BOOST_REQUIRE_MESSAGE(value, (value ? "" : value.error().detail));
  json wanted = {{"text", "12"},
                 {"name", "web server 1"},
                 {"yes", "no"},
                 {"number", 12},
                 {"fraction", -1500.0},
                 {"hex", 31},
                 {"none", nullptr},
                 {"empty", nullptr},
                 {"truth", true},
                 {"list", json::array({"a", "b", 3})},
                 {"quoted", "two\nlines\n"},
                 {"base", {{"x", 1}}},
                 {"again", {{"x", 1}}}};
  BOOST_TEST(*value == wanted);
}

BOOST_AUTO_TEST_CASE(what_is_printed_as_yaml_is_read_as_it_was) {
  json value = {{"check_item", "cpu"},
                {"condition", "$0 > 80 # no remark"},
                {"label", {{"cpu", "0"}, {"on", "yes"}, {"n", "1e3"}, {"e", ""}, {"t", "a: b"}}},
                {"list", json::array({1, -2.5, true, nullptr, "null", "~", "two\nlines"})},
                {"none", json::array()},
                {"object", json::object()}};
  BOOST_TEST(*parse_yaml(to_yaml(value)) == value);
}

BOOST_AUTO_TEST_CASE(yaml_that_means_to_hurt_is_refused) {
  auto why = [](const std::string& text) {
    auto value = parse_yaml(text);
    return value ? std::string{"taken"} : value.error().detail;
  };
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j)
      bomb += fmt::format("{}*a{}", j ? ", " : "", i - 1);
    bomb += "]\n";
  }
  BOOST_TEST(why(bomb).find("more than 1000000 values") != std::string::npos);
  std::string heavy = "a: &a \"" + std::string(1 << 20, 'x') + "\"\nb: [";
  for (int i = 0; i < 100; ++i)
    heavy += "*a, ";
  BOOST_TEST(why(heavy + "x]").find("MiB of texts") != std::string::npos);
  BOOST_TEST(why("a: &a [*a]\n") != "taken");
  BOOST_TEST(why(std::string(100000, '[')) != "taken");
  std::string deep;
  for (int i = 0; i < 300; ++i)
    deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  BOOST_TEST(why(deep).find("levels") != std::string::npos);
  BOOST_TEST(why("a: 1\nb: 2\na: 3\n") == "line 3, column 1: the key `a` stands twice");
  BOOST_TEST(why("a: !!python/object:os.system x\n").find("means nothing here") !=
             std::string::npos);
  BOOST_TEST(why("[a]: 1\n") != "taken");
  BOOST_TEST(why("a: 1\n---\nb: 2\n").find("2 documents") != std::string::npos);
  BOOST_TEST(why("") == "is empty");
  BOOST_TEST(why("a: [1\nb: 1\n").find("line ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_value_is_found_in_the_text_by_its_path) {
  constexpr auto text = "- hosts: all\n  tasks:\n    - a.b: 1\n    - a: {b: 2}\n";
  auto at = [&](std::string_view path) {
    auto place = place_of(text, path);
    return place ? fmt::format("{}:{}", place->line, place->column) : std::string{"nowhere"};
  };
  BOOST_TEST(at("") == "1:1");
  BOOST_TEST(at("[0].hosts") == "1:10");
  BOOST_TEST(at("[0].tasks[1]") == "4:7");
  BOOST_TEST(at("[0].tasks[0].a.b") == "3:12");
  BOOST_TEST(at("[0].tasks[1].a.b") == "4:14");
  BOOST_TEST(at("[0].tasks[1].no") == "4:7"); // What is missing belongs there.
  BOOST_TEST(at("[0].tasks[9]") == "3:5");
  BOOST_TEST(at("[0].host") == "1:3");
  BOOST_TEST(!place_of("a: [1", "a"));
  BOOST_TEST(place_of("{\n \"a\": 7}", ".a")->line == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_is_yaml_or_json_by_its_name_else_by_its_looks) {
  BOOST_TEST((*parse_document("x.yaml", "a: 1") == json{{"a", 1}}));
  BOOST_TEST((*parse_document("x.YML", "{a: 1}") == json{{"a", 1}}));
  BOOST_TEST((*parse_document("-", "a: 1") == json{{"a", 1}}));
  BOOST_TEST((*parse_document("-", " {\"a\": 1}") == json{{"a", 1}}));
  BOOST_TEST(parse_document("x.json", "a: 1").error().detail == "x.json: no valid JSON, line 1");
  BOOST_TEST(parse_document("-", "{\n\"a\" 1}").error().detail == "-: no valid JSON, line 2");
  BOOST_TEST(parse_document("x.yaml", "a: 1\nb: [")
               .error()
               .detail.starts_with("x.yaml: no valid YAML, line "));
}

BOOST_AUTO_TEST_CASE(rules_and_trees_come_from_yaml) {
  auto rules = read_rules("r.yaml", R"(check_items:
  - check_item: var_full
    data_list: [{name: node_filesystem_avail_bytes, match: {mountpoint: /var}}]
    condition: $0 < 1e9
)");
  BOOST_REQUIRE_MESSAGE(rules, (rules ? "" : rules.error().detail));
  BOOST_TEST(text_of((*rules)[0], "condition") == "$0 < 1e9");
  BOOST_TEST(text_of((*rules)[0]["data_list"][0]["match"], "mountpoint") == "/var");
  auto trees = read_trees("t.yml", "node name: root\ncondition: a\nchildren: []\n", "", "d");
  BOOST_REQUIRE(trees);
  BOOST_TEST(text_of((*trees)[0], "tree_name") == "root");
}

BOOST_AUTO_TEST_CASE(rules_come_from_csv) {
  auto rules = read_rules("rules.CSV",
                          "check_item,data_list,condition,description,plugin,host_group_list\n"
                          "cpu,\"[{\"\"name\"\":\"\"node_load1\"\",\"\"label\"\":{\"\"cpu\"\":"
                          "\"\"0\"\"}}]\",$0 > 80,\"too high, really\",,web;db\n");
  BOOST_REQUIRE(rules);
  json wanted = {{"check_item", "cpu"},
                 {"data_list", json::array({{{"name", "node_load1"}, {"label", {{"cpu", "0"}}}}})},
                 {"condition", "$0 > 80"},
                 {"description", "too high, really"},
                 {"host_group_list", json::array({"web", "db"})}};
  BOOST_TEST((*rules)[0] == wanted);
}

BOOST_AUTO_TEST_CASE(a_bad_csv_rule_is_told_with_its_line) {
  auto detail = [](const char* text) { return read_rules("r.csv", text).error().detail; };
  BOOST_TEST(detail("check_item,data_list\n").find("`condition` is missing") != std::string::npos);
  BOOST_TEST(detail("check_item,data_list,condition,colour\n").find("unknown column `colour`") !=
             std::string::npos);
  BOOST_TEST(detail("check_item,data_list,condition,data_list\n") ==
             "r.csv: line 1: column `data_list` stands twice");
  BOOST_TEST(detail("check_item,data_list,condition\ncpu,nonsense,$0\n").find("line 2") !=
             std::string::npos);
  BOOST_TEST(detail("check_item,data_list,condition\ncpu,[]\n").find("2 cells") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(bare_tree_content_is_named_by_the_option_then_its_root_then_its_file) {
  const char* content = R"({"node name":"root","condition":"a","children":[]})";
  BOOST_TEST(text_of((*read_trees("d/cpu.json", content, "given", "d"))[0], "tree_name") ==
             "given");
  BOOST_TEST(text_of((*read_trees("d/cpu.json", content, "", "d"))[0], "tree_name") == "root");
  BOOST_TEST(text_of((*read_trees("d/cpu.json", R"({"x":1})", "", "d"))[0], "tree_name") == "cpu");
}

BOOST_AUTO_TEST_CASE(a_list_of_trees_keeps_its_names_and_gets_missing_descriptions) {
  const char* two =
    R"({"trees":[{"tree_name":"a","tree_content":{}},{"tree_name":"b","tree_content":{},"description":"own"}]})";
  auto trees = read_trees("t.json", two, "", "given");
  BOOST_REQUIRE(trees);
  BOOST_TEST(text_of((*trees)[0], "description") == "given");
  BOOST_TEST(text_of((*trees)[1], "description") == "own");
  BOOST_TEST(!read_trees("t.json", two, "one name for two", ""));
}

BOOST_AUTO_TEST_CASE(an_export_into_a_folder_gets_the_usual_name) {
  tests::test_console there;
  BOOST_TEST(export_path(there.folder, "check_rule.json") == there.folder + "/check_rule.json");
  BOOST_TEST(export_path(there.folder + "/x.json", "check_rule.json") == there.folder + "/x.json");
}

BOOST_AUTO_TEST_CASE(a_written_file_has_its_mode_from_the_start) {
  tests::test_console there;
  auto path = there.folder + "/new/secret.json";
  BOOST_REQUIRE(write_file(path, "x", 0600, true));
  BOOST_TEST((std::filesystem::status(path).permissions() == std::filesystem::perms(0600)));
  BOOST_TEST(
    (std::filesystem::status(there.folder + "/new").permissions() == std::filesystem::perms(0700)));
  BOOST_TEST(*read_file(path) == "x");
  BOOST_TEST(!read_file(there.folder));
  BOOST_TEST(!read_file(there.folder + "/none"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace files_test
