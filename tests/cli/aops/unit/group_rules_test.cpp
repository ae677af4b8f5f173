#include "cli/aops/text/yaml.hpp"
#include "cli/aops/unit/group_rules.hpp"

#include <boost/test/unit_test.hpp>

namespace group_rules_test {

using namespace aops;
using namespace aops::cli;

namespace {

expected<group_rules> read_file_of_groups(const std::string& text) {
  auto content = parse_yaml(text);
  BOOST_REQUIRE(content);
  BOOST_REQUIRE(has_rule_groups(*content));
  return rules_of_groups("r.yml", *content);
}

} // namespace

BOOST_AUTO_TEST_SUITE(group_rules_of_nodes)

BOOST_AUTO_TEST_CASE(alerts_and_recording_rules_become_rules) {
  auto made = read_file_of_groups(R"(
groups:
  - name: node
    interval: 30s
    labels: {team: ops}
    rules:
      - {record: 'a:rate', expr: 'rate(a[5m])', labels: {kind: x}}
      - alert: High
        expr: a:rate > 1
        for: 1h30m
        keep_firing_for: 500ms
        labels: {severity: critical, who: '{{ $labels.x }}'}
        annotations: {summary: 'is {{ $value }}'}
      - {alert: High, expr: 'a:rate > 2', labels: {severity: page}}
)");
  BOOST_REQUIRE(made);
  const auto& rules = made->check_items;
  BOOST_REQUIRE(rules.size() == 3u);
  BOOST_TEST(
    rules[0].dump() ==
    R"x({"check_item":"a:rate","plugin":"promql","data_list":[],"condition":"rate(a[5m])",)x"
    R"x("group":"node","position":0,"record":"a:rate","labels":{"kind":"x","team":"ops"}})x");
  BOOST_TEST(rules[1]["for"] == "5400s");
  BOOST_TEST(rules[1]["keep_firing_for"] == "500ms");
  BOOST_TEST(rules[1]["severity"] == "critical");
  BOOST_TEST(rules[1]["no_data"] == "ignore");
  BOOST_TEST(rules[1]["labels"]["who"] == "{{ $labels.x }}");
  BOOST_TEST(!rules[1]["labels"].contains("alertname"));
  BOOST_TEST(rules[1]["annotations"]["summary"] == "is {{ $value }}");
  BOOST_TEST(rules[2]["check_item"] == "High#2");
  BOOST_TEST(rules[2]["labels"]["alertname"] == "High");
  BOOST_TEST(!rules[2].contains("severity"));
  BOOST_TEST(rules[2]["position"] == 2);
  BOOST_REQUIRE(made->notes.size() == 1u);
  BOOST_TEST(made->notes[0].starts_with("group node: its interval is left out"));
}

BOOST_AUTO_TEST_CASE(what_nodes_do_not_have_is_refused) {
  auto refusal = [](const std::string& text) { return read_file_of_groups(text).error().detail; };
  BOOST_TEST(refusal("groups: [{name: g, limit: 3, rules: []}]") ==
             "r.yml: group g: nodes have no limit");
  BOOST_TEST(refusal("groups: [{name: g, query_offset: 1m, rules: []}]") ==
             "r.yml: group g: nodes have no query_offset");
  BOOST_TEST(refusal("groups: [{name: g, rules: [{alert: A, expr: 'a >'}]}]")
               .starts_with("r.yml: group \"g\": rule 1 (\"A\"): could not parse expression: 1:"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace group_rules_test
