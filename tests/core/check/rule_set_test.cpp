#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "support.hpp"

namespace rule_set_test {

using namespace aops;
using namespace aops::check;

namespace {

std::string refusal(const check_rule& rule) {
  auto legal = validate(rule);
  if (legal)
    return "";
  BOOST_TEST((legal.error().code == ec::bad_request));
  return legal.error().detail;
}

bool begins(const std::string& text, std::string_view with) {
  BOOST_TEST(text.starts_with(with), text << " should begin with " << with);
  return text.starts_with(with);
}

} // namespace

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(a_legal_rule_is_accepted) {
  auto rule = make_rule("busy", "max(5m) > 80", {"node_load1"});
  BOOST_TEST(refusal(rule) == "");
  rule.plugin = "expression_rule_plugin";
  BOOST_TEST(refusal(rule) == "");
}

BOOST_AUTO_TEST_CASE(refusals_name_the_field_and_the_place) {
  auto rule = make_rule("busy", "max(5m) > 80", {"a"});
  auto with = [&](auto change) {
    auto copy = rule;
    change(copy);
    return refusal(copy);
  };
  begins(with([](auto& r) { r.check_item = ""; }), "check_item: ");
  begins(with([](auto& r) { r.data_list.clear(); }), "data_list: ");
  begins(with([](auto& r) { r.data_list[0].name = ""; }), "data_list[0].name: ");
  begins(with([](auto& r) { r.data_list[0].type = "metric"; }), "data_list[0].type: ");
  begins(with([](auto& r) { r.plugin = "other"; }), "condition: 'max(5m)' is no parameter");
  begins(with([](auto& r) { r.severity = "fatal"; }), "severity: ");
  begins(with([](auto& r) { r.condition = ""; }), "condition: line 1");
  begins(with([](auto& r) { r.condition = "$0 >\n 80 &&"; }), "condition: line 2, position ");
  begins(with([](auto& r) { r.condition = "$1 > 80"; }), "condition: line 1, position 1");
}

BOOST_AUTO_TEST_CASE(the_comparison_of_count_is_written_out) {
  auto rule = make_rule("busy", "count(5m, 80, '>') > 2", {"a"});
  BOOST_TEST(refusal(rule) == "");
  for (const char* sign : {"'=>'", "$0 > 1 ? '>' : '<'", "$0"}) {
    rule.condition = fmt::format("$0 > 1 && count(5m, 80, {}) > 2", sign);
    begins(refusal(rule), "condition: ");
    std::swap(rule.condition, rule.recover);
    rule.condition = "$0 > 1";
    begins(refusal(rule), "recover: ");
    rule.recover.clear();
  }
}

BOOST_AUTO_TEST_CASE(one_metric_with_two_label_sets_is_fine_but_not_twice_the_same) {
  auto rule = make_rule("compare", "$0 > $1", {"a", "a"});
  begins(refusal(rule), "data_list[1]: repeats name and labels of data_list[0]");
  rule.data_list[1].label = {{"cpu", "1"}};
  BOOST_TEST(refusal(rule) == "");
}

BOOST_AUTO_TEST_CASE(rules_reach_the_hosts_of_their_groups) {
  auto rule = make_rule("r", "$0>1", {"a"});
  std::vector<std::string> groups = {"web"};
  BOOST_TEST(applies_to(rule, {}));
  rule.host_group_list.emplace({std::string("db"), std::string("web")});
  BOOST_TEST(applies_to(rule, groups));
  BOOST_TEST(!applies_to(rule, {}));
  rule.host_group_list.emplace();
  BOOST_TEST(!applies_to(rule, groups));
}

BOOST_AUTO_TEST_CASE(a_set_is_ordered_shares_what_stayed_and_keeps_what_it_refuses) {
  auto first = make_rules({make_rule("b", "$0>1", {"x"}), make_rule("a", "$0>", {"x"})});
  BOOST_TEST_REQUIRE(first->rules().size() == 2u);
  BOOST_TEST(first->rules()[0]->rule.check_item == "a");
  BOOST_TEST(!first->find("a")->program);
  begins(first->find("a")->refusal, "condition: ");
  BOOST_TEST(!first->find("c"));
  auto second = rule_set::build(
    {{make_rule("b", "$0>1", {"x"}), "", 0}, {make_rule("a", "$0>2", {"x"}), "", 0}}, first.get());
  BOOST_TEST(second->find("b") == first->find("b"));
  BOOST_TEST(second->find("a")->program);
  BOOST_TEST(first->digest() != second->digest());
  BOOST_TEST(make_rules({make_rule("a", "$0>2", {"x"}), make_rule("b", "$0>1", {"x"})})->digest() ==
             second->digest());
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_the_content) {
  auto rule = make_rule("b", "$0>1", {"x"});
  auto plain = digest_of(rule);
  BOOST_TEST(plain.size() == 64u);
  rule.host_group_list.emplace(1, "web");
  BOOST_TEST(digest_of(rule) != plain);
  auto set = rule_set::build({{rule, "given", 17}});
  BOOST_TEST(set->find("b")->digest == "given");
  BOOST_TEST(set->find("b")->since_ms == 17);
}

BOOST_AUTO_TEST_CASE(the_horizon_is_the_look_back_and_one_period) {
  auto program = make_rules({make_rule("r", "max(#5) > min(1m)", {"a"})})->find("r")->program;
  BOOST_TEST(lookback_ms(*program, 15'000) == 75'000);
  BOOST_TEST(horizon_ms(*program, 15'000) == 90'000);
  BOOST_TEST(lookback_ms(*program, 5000) == 60'000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace rule_set_test
