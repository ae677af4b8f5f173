#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/tree.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

namespace tree_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

BOOST_AUTO_TEST_SUITE(trees)

BOOST_AUTO_TEST_CASE(nodes_and_check_items_are_numbered_in_tree_order) {
  auto x = compiled(
    branch("root",
           "hw || l3",
           {branch("hw", "l1 && l2", {leaf("l1", "c1"), leaf("l2", "c2")}), leaf("l3", "c1")}));
  BOOST_TEST(x->nodes().size() == 5u);
  BOOST_TEST(x->nodes()[1].extent == 3u);
  BOOST_TEST(x->nodes()[4].parent == 0u);
  BOOST_TEST((x->path(3) == std::vector<std::string>{"root", "hw", "l2"}));
  BOOST_TEST((x->items() == std::vector<std::string>{"c1", "c2"}));
  BOOST_TEST(x->find_item("c2").value() == 1u);
  BOOST_TEST(!x->find_item("c3").has_value());
  BOOST_TEST(!x->is_adaptive());
}

BOOST_AUTO_TEST_CASE(an_illegal_tree_is_refused_with_the_path_of_the_node) {
  auto with = [](const json& child) {
    return refusal(branch("root", "l1", {leaf("l1", "c1"), branch("hw", "x", {child})}));
  };
  BOOST_TEST(with(json::object()) ==
             "\"root\" > \"hw\" > child 1: \"node name\" must be a text that is not empty");
  BOOST_TEST(with(leaf("x", "")) ==
             "\"root\" > \"hw\" > \"x\": \"check item\" must be a text that is not empty");
  BOOST_TEST(with(leaf("y", "c")) ==
             "\"root\" > \"hw\": condition: no child has this name ('x', character 1)");
  BOOST_TEST(with(5) == "\"root\" > \"hw\" > child 1: must be a JSON object");
  BOOST_TEST(with(leaf("x(1)", "c")) ==
             "\"root\" > \"hw\" > \"x(1)\": a node name must not hold && || ! ( or )");
  BOOST_TEST(with(branch("x", "l", {})).find("\"children\" must be a list") != std::string::npos);
  BOOST_TEST(with(branch("x", " ", {leaf("l", "c")})).find("\"condition\" must be") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(members_that_do_not_belong_together_are_refused) {
  auto both = leaf("l1", "c1");
  both["children"] = json::array({leaf("l2", "c2")});
  BOOST_TEST(refusal(branch("root", "l1", {both})).find("a leaf") != std::string::npos);
  auto conditional = leaf("l1", "c1");
  conditional["condition"] = "l2";
  BOOST_TEST(refusal(branch("root", "l1", {conditional})).find("a leaf") != std::string::npos);
  BOOST_TEST(refusal(leaf("root", "c")).find("the root must be a branch") != std::string::npos);
  auto typed = branch("root", "l1", {leaf("l1", "c1")});
  typed["advice"] = 7;
  BOOST_TEST(refusal(typed) == "\"root\": \"advice\" must be a text");
  BOOST_TEST(!refusal(json::array()).empty());
  BOOST_TEST(!refusal(json::object()).empty());
  BOOST_TEST(refusal({{"node name", ""}}) ==
             "\"root\": \"node name\" must be a text that is not empty");
}

BOOST_AUTO_TEST_CASE(siblings_have_different_names_but_cousins_may_share_one) {
  BOOST_TEST(refusal(branch("root", "l", {leaf("l", "c1"), leaf("l", "c2")})) ==
             "\"root\" > \"l\": a sibling has the same name");
  BOOST_TEST(refusal(branch(
               "root",
               "x && y",
               {branch("x", "l", {leaf("l", "c")}), branch("y", "l", {leaf("l", "c")})})) == "");
}

BOOST_AUTO_TEST_CASE(value_and_descriptions_are_optional) {
  BOOST_TEST(
    refusal(json::parse(
      R"({"node name":"r","condition":"l","children":[{"node name":"l","check item":"c"}]})")) ==
    "");
}

BOOST_AUTO_TEST_CASE(size_and_depth_are_limited) {
  auto chain = leaf("n", "c");
  for (size_t i = 0; i < max_depth - 1; ++i)
    chain = branch("n", "n", {chain});
  BOOST_TEST(refusal(chain) == "");
  BOOST_TEST(refusal(branch("n", "n", {chain})).find("deeper than 200 levels") !=
             std::string::npos);

  std::vector<json> leaves;
  for (size_t i = 0; i < max_nodes - 1; ++i)
    leaves.push_back(leaf("l" + std::to_string(i), "c"));
  BOOST_TEST(refusal(branch("n", "l0", leaves)) == "");
  leaves.push_back(leaf("last", "c"));
  BOOST_TEST(refusal(branch("n", "l0", leaves)).find("more than 10000 nodes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_nested_without_end_is_refused_not_followed) {
  auto deep = std::string(200'000, '[') + std::string(200'000, ']');
  auto text =
    R"({"node name":"r","condition":"l","children":[{"node name":"l","check item":"c"}],"tag":)" +
    deep + "}";
  auto parsed = tree::parse_text(text);
  BOOST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error().detail == "JSON nested deeper than 512 levels");
  BOOST_TEST(tree::parse_text("{").error().detail == "the tree is not JSON");
  BOOST_TEST(tree::parse_text(deep).error().detail == "JSON nested deeper than 512 levels");
}

BOOST_AUTO_TEST_CASE(warnings_name_what_a_user_should_look_at) {
  auto x = compiled(branch(
    "root", "a || b && c", {leaf("a", "c1"), leaf("b", "c2"), leaf("c", "c3"), leaf("d", "c4")}));
  BOOST_REQUIRE(x->warnings().size() == 2u);
  BOOST_TEST((x->warnings()[0].path == std::vector<std::string>{"root"}));
  BOOST_TEST(x->warnings()[0].message.find("mixes && and ||") != std::string::npos);
  BOOST_TEST((x->warnings()[1].path == std::vector<std::string>{"root", "d"}));
  auto missing = x->items_without_rule([](const std::string& item) { return item != "c2"; });
  BOOST_REQUIRE(missing.size() == 1u);
  BOOST_TEST((missing[0].path == std::vector<std::string>{"root", "b"}));
  BOOST_TEST(missing[0].message == "no check rule is named \"c2\"");
}

BOOST_AUTO_TEST_CASE(the_digest_depends_on_content_not_on_member_order) {
  auto a = tree::parse_text(
    R"({"node name":"r","condition":"l","children":[{"node name":"l","check item":"c"}]})");
  auto b = tree::parse_text(
    R"({ "children":[{"check item":"c","node name":"l"}], "condition":"l","node name":"r"})");
  auto c = tree::parse_text(
    R"({"node name":"r","condition":"!l","children":[{"node name":"l","check item":"c"}]})");
  BOOST_TEST(a->digest() == b->digest());
  BOOST_TEST(a->digest() != c->digest());
  BOOST_TEST(
    a->digest() ==
    base::sha256_hex(
      R"({"children":[{"check item":"c","node name":"l"}],"condition":"l","node name":"r"})"));
}

BOOST_AUTO_TEST_CASE(the_text_keeps_members_and_their_order_and_fills_in_values) {
  auto x = tree::parse_text(
    R"({"tag":["x",{"value":1}],"node name":"r\u00e9","value":true,"condition":"l && m","msg":"kept",
    "children":[{"msg":"stale","node name":"l","severity":3.5,"check item":"c"},{"value":5,"node name":"m","check item":"d"}]})");
  BOOST_REQUIRE(x.has_value());
  const std::vector<uint8_t> values = {0, 1, 2};
  BOOST_TEST(x->text(values).value() ==
             "{\"tag\":[\"x\",{\"value\":1}],\"node "
             "name\":\"r\xC3\xA9\",\"value\":false,\"condition\":\"l && m\",\"msg\":\"kept\","
             "\"children\":[{\"msg\":\"\",\"node name\":\"l\",\"severity\":3.5,\"check "
             "item\":\"c\",\"value\":true},"
             "{\"value\":null,\"node name\":\"m\",\"check item\":\"d\",\"msg\":\"No data\"}]}");
  BOOST_TEST((x->text(std::vector<uint8_t>{0, 1}).error() == ec::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tree_test
