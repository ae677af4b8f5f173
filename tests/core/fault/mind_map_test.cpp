#include "runtime/core/fault/mind_map.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

namespace mind_map_test {

using namespace aops;
using namespace aops::fault;

namespace {

/// A sheet from indented lines: the indent is the column; the tool's seven columns follow the last
/// one.
std::vector<std::vector<std::string>> sheet(const std::string& name,
                                            const std::vector<std::string>& lines) {
  constexpr size_t columns = 4 + 7;
  std::vector<std::vector<std::string>> out(2 + lines.size(), std::vector<std::string>(columns));
  out[0][0] = name;
  out[1] = {"Level 1",
            "Level 2",
            "Level 3",
            "Level 4",
            "Resources",
            "Priority",
            "Progress",
            "DateStart",
            "DateFinish",
            "Duration",
            "Milestone"};
  for (size_t i = 0; i < lines.size(); ++i) {
    auto column = lines[i].find_first_not_of('>');
    if (column != std::string::npos)
      out[2 + i][column] = lines[i].substr(column);
  }
  return out;
}

std::string text(const std::string& name, const std::vector<std::string>& lines) {
  auto out = from_rows(sheet(name, lines));
  return out ? out->dump() : out.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mind_maps)

BOOST_AUTO_TEST_CASE(columns_are_levels_and_properties_belong_one_level_up) {
  BOOST_TEST(
    text(
      "tree",
      {"advice: look", "b1", ">l1 | c1", ">l2|c2", "> condition:  l1 || l2 ", "description: d"}) ==
    R"({"node name":"tree","value":null,"condition":"b1","description":"d","advice":"look","children":[)"
    R"({"node name":"b1","value":null,"condition":"l1 || l2","description":"","advice":"","children":[)"
    R"({"node name":"l1","value":null,"check item":"c1","msg":""},{"node name":"l2","value":null,"check item":"c2","msg":""}]}]})");
}

BOOST_AUTO_TEST_CASE(a_missing_condition_joins_leaves_by_and_and_branches_by_or) {
  auto x = from_rows(sheet("t", {"b1", ">l1|c1", ">l2|c2", "b2", ">l3|c3"}));
  BOOST_REQUIRE(x.has_value());
  BOOST_TEST((*x)["condition"] == "b1 || b2");
  BOOST_TEST((*x)["children"][0]["condition"] == "l1 && l2");
  BOOST_TEST(tree::parse(*x).has_value());
  BOOST_TEST(text("t", {"b1", ">l1|c1", "l2|c2"}) ==
             "\"t\" has leaves and branches, so it needs a `condition:`");
}

BOOST_AUTO_TEST_CASE(empty_rows_short_rows_and_the_columns_of_the_tool_are_skipped) {
  auto rows = sheet("t", {"b", "", ">l|c"});
  rows[2][6] = "50 %";
  rows[3] = {};
  rows[4].resize(2);
  BOOST_TEST(from_rows(rows).has_value());
}

BOOST_AUTO_TEST_CASE(broken_drawing_rules_are_named_with_their_cell) {
  BOOST_TEST(from_rows({}).error().detail == "row 1, column A: the tree's name is missing");
  BOOST_TEST(text("t", {}) == "\"t\" has no children; a leaf is written `name | check item`");
  BOOST_TEST(text("t", {"b1"}) == "\"b1\" has no children; a leaf is written `name | check item`");
  BOOST_TEST(text("t", {"b", ">l|c", ">l|c"}) ==
             "row 5, column B: two children of \"b\" are named \"l\"");
  BOOST_TEST(text("t", {"b", ">|c"}) ==
             "row 4, column B: a leaf is `name | check item`; one of them is empty");
  BOOST_TEST(text("t", {"b", ">l|"}) ==
             "row 4, column B: a leaf is `name | check item`; one of them is empty");
  BOOST_TEST(text("t", {"b", ">l|c|d"}) ==
             "row 4, column B: a leaf is `name | check item`, with one |");
  BOOST_TEST(text("t", {"b", ">>l|c"}) ==
             "row 4, column C: a level is skipped: no cell stands one column to the left above");
  BOOST_TEST(text("t", {"b", ">l|c", ">>m|d"}) ==
             "row 5, column C: nothing may stand below the leaf \"l\"");
  BOOST_TEST(text("t", {"b", ">l|c", ">>advice: x"}) ==
             "row 5, column C: nothing may stand below the leaf \"l\"");
  BOOST_TEST(text("t", {"b", ">condition: l", ">>l|c"}) ==
             "row 5, column C: nothing may stand below a condition, description or advice");
  BOOST_TEST(text("t", {"b (1)", ">l|c"}) ==
             "row 3, column A: a name must not hold && || ! ( or )");
  BOOST_TEST(text("t", {"b", ">l|c", "d", ">m|c"}) ==
             "row 6, column B: check item \"c\" has two names: \"l\" and \"m\"");
  BOOST_TEST(text("t", {"b", ">l|c", "d", ">l|e"}) ==
             "row 6, column B: \"l\" names two check items: \"c\" and \"e\"");
  auto two = sheet("t", {"b", ">l|c"});
  two[3][0] = "x";
  BOOST_TEST(from_rows(two).error().detail == "row 4, column B: a row has one cell only");
}

BOOST_AUTO_TEST_CASE(the_same_pair_of_name_and_check_item_may_occur_in_several_places) {
  BOOST_TEST(from_rows(sheet("t", {"b", ">l|c", "d", ">l|c"})).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace mind_map_test
