#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/rule_file.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "tests/cli/aops/support/canned_node.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

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

BOOST_AUTO_TEST_CASE(excel_files_are_refused_with_a_reason) {
  BOOST_TEST(read_trees("tree.xlsx", "PK", "", "").error().detail.find("Excel") !=
             std::string::npos);
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
