#include "runtime/core/fault/evaluator.hpp"
#include "runtime/core/fault/report.hpp"
#include "tests/core/fault/trees.hpp"

#include <boost/test/unit_test.hpp>

namespace expand_test {

using namespace aops;
using namespace aops::fault;
using namespace aops::fault::tests;

namespace {

json expanding(json node, const std::string& by, const std::string& join = "") {
  node["expand"] = {{"by", by}};
  if (!join.empty())
    node["expand"]["join"] = join;
  return node;
}

json cores() {
  return branch("root",
                "core {id} && hot",
                {expanding(leaf("core {id}", "busy_{id}"), "cpu"), leaf("hot", "temperature")});
}

/// The expanded tree as JSON, all leaves normal.
json expanded(const json& content, const host_facts& facts) {
  auto x = adapt(compiled(content), facts);
  BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
  evaluator e(*x);
  e.run(std::vector<leaf_state>((*x)->items().size(), leaf_state::normal));
  return json::parse((*x)->text(e.values()).value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(expansion)

BOOST_AUTO_TEST_CASE(a_template_becomes_one_copy_per_core) {
  auto x = expanded(cores(), {2, {}});
  BOOST_TEST(x["condition"] == "(core 0 || core 1) && hot");
  BOOST_REQUIRE(x["children"].size() == 3u);
  BOOST_TEST(x["children"][1]["node name"] == "core 1");
  BOOST_TEST(x["children"][1]["check item"] == "busy_1");
  BOOST_TEST(!x["children"][1].contains("expand"));
  BOOST_TEST(tree::parse(x).has_value());
}

BOOST_AUTO_TEST_CASE(two_hosts_get_different_trees_of_one_digest) {
  auto plain = compiled(cores());
  BOOST_TEST(plain->is_adaptive());
  auto a = adapt(plain, {2, {}}).value();
  auto b = adapt(plain, {8, {"sda"}}).value();
  BOOST_TEST(a->nodes().size() == 4u);
  BOOST_TEST(b->nodes().size() == 10u);
  BOOST_TEST(a->digest() == plain->digest());
  BOOST_TEST((b->facts() == host_facts{8, {}}), "only the facts that the tree asks for");
  BOOST_TEST((a->items() == std::vector<std::string>{"busy_0", "busy_1", "temperature"}));
}

BOOST_AUTO_TEST_CASE(a_tree_without_templates_comes_back_as_it_is) {
  auto plain = compiled(branch("root", "l", {leaf("l", "c")}));
  BOOST_TEST(adapt(plain, {4, {"sda"}}).value() == plain);
  BOOST_TEST(!plain->facts().has_value());
}

BOOST_AUTO_TEST_CASE(branches_expand_with_all_below_and_join_as_told) {
  auto x =
    expanded(branch("root",
                    "!disk {id}",
                    {expanding(branch("disk {id}",
                                      "full {id} || slow",
                                      {leaf("full {id}", "full_{id}"), leaf("slow", "slow_{id}")}),
                               "disk",
                               "&&")}),
             {{}, {"sda", "sdb"}});
  BOOST_TEST(x["condition"] == "!(disk sda && disk sdb)");
  BOOST_TEST(x["children"][1]["condition"] == "full sdb || slow");
  BOOST_TEST(x["children"][1]["children"][0]["node name"] == "full sdb");
  BOOST_TEST(x["children"][1]["children"][1]["check item"] == "slow_sdb");
}

BOOST_AUTO_TEST_CASE(inner_ids_apply_before_outer_ones) {
  auto inner = expanding(leaf("disk {id}", "wait_{id}"), "disk");
  auto x = expanded(
    branch("root",
           "cpu {id}",
           {expanding(
             branch("cpu {id}", "disk {id} && busy {id}", {inner, leaf("busy {id}", "busy_{id}")}),
             "cpu")}),
    {2, {"sda"}});
  BOOST_TEST(x["children"][1]["condition"] == "(disk sda) && busy 1");
  BOOST_TEST(x["children"][1]["children"][0]["check item"] == "wait_sda");
}

BOOST_AUTO_TEST_CASE(missing_facts_leave_one_leaf_without_data) {
  for (const auto& facts : {host_facts{}, host_facts{0, {"sda"}}}) {
    auto x = expanded(cores(), facts);
    BOOST_TEST(x["condition"] == "core {id} && hot");
    BOOST_TEST(x["children"][0]["node name"] == "core {id}");
    BOOST_TEST(x["children"][0]["value"].is_null());
    BOOST_TEST(x["children"][0]["msg"] == "No data");
    BOOST_TEST(x["value"] == false);
  }
}

BOOST_AUTO_TEST_CASE(an_inner_template_without_facts_keeps_its_name_in_every_copy) {
  auto inner = expanding(branch("disk {id}", "x", {leaf("x", "wait_{id}")}), "disk");
  auto x = expanded(
    branch("root",
           "cpu {id}",
           {expanding(
             branch("cpu {id}", "disk {id} || busy {id}", {inner, leaf("busy {id}", "busy_{id}")}),
             "cpu")}),
    {2, {}});
  BOOST_TEST(x["children"][1]["condition"] == "disk {id} || busy 1");
  BOOST_TEST(x["children"][1]["children"][0]["node name"] == "disk {id}");
  BOOST_TEST(!x["children"][1]["children"][0].contains("children"));
}

BOOST_AUTO_TEST_CASE(
  a_template_without_facts_makes_the_verdict_unknown_and_no_check_item_can_help) {
  auto x =
    adapt(compiled(branch("root", "core {id}", {expanding(leaf("core {id}", "busy_{id}"), "cpu")})),
          {})
      .value();
  evaluator e(x);
  e.run({});
  BOOST_TEST(!e.value());
  BOOST_TEST((e.root_verdict() == verdict::unknown));
  BOOST_TEST(e.undecided().sets.empty());
  BOOST_TEST(!e.undecided().is_truncated);
}

BOOST_AUTO_TEST_CASE(an_ill_formed_expand_is_refused) {
  auto with = [](const json& expand, const std::string& name = "core {id}") {
    auto node = leaf(name, "c");
    node["expand"] = expand;
    return refusal(branch("root", name, {node}));
  };
  BOOST_TEST(with({{"by", "cpu"}, {"join", "&&"}}) == "");
  BOOST_TEST(with({{"by", "gpu"}}).find("\"cpu\" or \"disk\"") != std::string::npos);
  BOOST_TEST(with({{"by", "cpu"}, {"join", "and"}}).find("\"join\"") != std::string::npos);
  BOOST_TEST(with({{"join", "||"}}).find("\"by\" of \"expand\" is missing") != std::string::npos);
  BOOST_TEST(with({{"by", "cpu"}, {"x", 1}}).find("unknown member") != std::string::npos);
  BOOST_TEST(with("cpu").find("must be an object") != std::string::npos);
  BOOST_TEST(with({{"by", "cpu"}}, "core").find("must contain {id}") != std::string::npos);
  auto root = branch("root {id}", "l", {leaf("l", "c")});
  BOOST_TEST(refusal(expanding(root, "cpu")).find("the root cannot be expanded") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_host_may_make_an_expanded_tree_illegal) {
  auto clash = compiled(branch(
    "root", "core {id}", {expanding(leaf("core {id}", "c_{id}"), "cpu"), leaf("core 1", "c")}));
  BOOST_TEST(adapt(clash, {1, {}}).has_value());
  auto refused = adapt(clash, {2, {}});
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().detail.find("a sibling has the same name") != std::string::npos);
  auto inner = expanding(leaf("disk {id}", "c_{id}"), "disk");
  auto large = compiled(
    branch("root", "core {id}", {expanding(branch("core {id}", "disk {id}", {inner}), "cpu")}));
  BOOST_TEST(!adapt(large, {4'000'000'000, std::vector<std::string>(50, "sda")}).has_value());
  std::vector<std::string> disks;
  for (int i = 0; i < 300; ++i)
    disks.push_back("sd" + std::to_string(i));
  auto too_many = adapt(large, {64, disks});
  BOOST_REQUIRE(!too_many.has_value());
  BOOST_TEST(too_many.error().detail.find("more than 10000 nodes") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace expand_test
