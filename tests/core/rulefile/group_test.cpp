#include "runtime/core/promql/print.hpp"
#include "runtime/core/rulefile/group_run.hpp"

#include <boost/test/unit_test.hpp>

namespace group_test {

using namespace aops;
using namespace aops::rulefile;
using json = nlohmann::ordered_json;

namespace {

constexpr int64_t minute = 60'000;

expected<std::vector<rule_group>> read(const std::string& rules) {
  return read_groups(json::parse(R"({"groups": [{"name": "g", "rules": )" + rules + "}]}"));
}

std::string refusal(const std::string& rules) {
  auto groups = read(rules);
  return groups ? "none" : groups.error().detail;
}

std::string names_of(const alert_state& state, alert_stage stage) {
  std::string out;
  for (const auto& [labels, a] : state.alerts())
    if (a.stage == stage)
      out += promql::to_braces(labels);
  return out;
}

/// One series and a group over it.
struct fixture {
  explicit fixture(const std::string& rules) : groups(*read(rules)), run(groups.at(0), context) {}

  void at(int64_t m, double value) {
    data.add({{"__name__", "m"}, {"i", "1"}}, {m * minute, value});
    problems = run.at(data, m * minute);
  }
  std::string query(const std::string& text, int64_t m) {
    auto result = promql::query::parse(text)->at(data, m * minute);
    std::string out;
    for (const auto& s : result->vector)
      out += promql::to_string(s.metric) + " " + std::to_string(static_cast<int>(s.value)) + ";";
    return out;
  }
  std::string stage() const {
    const auto& state = *run.alerts(0);
    return state.alerts().empty()                           ? "none"
           : !names_of(state, alert_stage::firing).empty()  ? "firing"
           : !names_of(state, alert_stage::pending).empty() ? "pending"
                                                            : "over";
  }

  rule_context context;
  std::vector<rule_group> groups;
  promql::memory_source data;
  group_run run;
  std::vector<rule_problem> problems;
};

} // namespace

BOOST_AUTO_TEST_SUITE(rule_files)

BOOST_AUTO_TEST_CASE(an_alert_fires_once_its_condition_held_and_is_over_at_once) {
  fixture f(R"([{"alert": "A", "expr": "m > 0", "for": "2m"}])");
  std::string stages;
  for (int64_t m = 0; double value : {1, 1, 0, 1, 1, 1, 0, 1}) {
    f.at(m++, value);
    stages += f.stage() + " ";
  }
  BOOST_TEST(stages == "pending pending none pending pending firing over pending ");
}

BOOST_AUTO_TEST_CASE(an_alert_that_fires_is_kept) {
  fixture f(R"([{"alert": "A", "expr": "m > 0", "keep_firing_for": "2m"}])");
  std::string stages;
  for (int64_t m = 0; double value : {1, 0, 0, 1, 0, 0, 0, 0}) {
    f.at(m++, value);
    stages += f.stage() + " ";
  }
  BOOST_TEST(stages == "firing firing firing firing firing firing over over ");
}

BOOST_AUTO_TEST_CASE(what_is_over_is_forgotten_after_a_quarter_of_an_hour) {
  alert_state state(0, 0);
  state.at(0, {{{{"a", "b"}}, {}, 1}});
  state.at(minute, {});
  state.at(16 * minute, {});
  BOOST_TEST(state.alerts().size() == 1u);
  state.at(16 * minute + 1, {});
  BOOST_TEST(state.alerts().empty());
}

BOOST_AUTO_TEST_CASE(labels_and_annotations_are_made_for_each_alert) {
  fixture f(R"([{"alert": "A", "expr": "m", "labels": {"severity": "page", "of": "{{ $labels.i }}"},
                 "annotations": {"text": "{{ $value }} at {{ $labels.i }}", "bad": "{{ .X }}"}}])");
  f.at(0, 7);
  const auto& [labels, alert] = *f.run.alerts(0)->alerts().begin();
  BOOST_TEST(promql::to_braces(labels) == R"({alertname="A", i="1", of="1", severity="page"})");
  BOOST_TEST(promql::to_braces(alert.annotations) ==
             R"({bad="<error expanding template: there is no field X>", text="7 at 1"})");
}

BOOST_AUTO_TEST_CASE(rules_record_for_those_after_them_and_series_end) {
  fixture f(
    R"([{"record": "r", "expr": "m > 1", "labels": {"k": "v"}}, {"record": "rr", "expr": "r * 2"},
                {"alert": "A", "expr": "rr > 0", "for": "1m"}])");
  f.at(0, 3);
  BOOST_TEST(f.query("rr", 0) == R"(rr{i="1", k="v"} 6;)");
  BOOST_TEST(f.query("ALERTS", 0) ==
             R"(ALERTS{alertname="A", alertstate="pending", i="1", k="v"} 1;)");
  f.at(1, 3);
  BOOST_TEST(f.query("ALERTS", 1) ==
             R"(ALERTS{alertname="A", alertstate="firing", i="1", k="v"} 1;)");
  BOOST_TEST(f.query("ALERTS_FOR_STATE", 1) ==
             R"(ALERTS_FOR_STATE{alertname="A", i="1", k="v"} 0;)");
  f.at(2, 0);
  BOOST_TEST(f.query("rr or ALERTS", 2) == "");
}

BOOST_AUTO_TEST_CASE(a_rule_that_fails_leaves_the_others) {
  fixture f(
    R"([{"record": "r", "expr": "m + on () {__name__=~\"m|n\"}"}, {"record": "s", "expr": "m"}])");
  f.data.add({{"__name__", "n"}}, {0, 1});
  f.at(0, 3);
  BOOST_REQUIRE(f.problems.size() == 1u);
  BOOST_TEST(f.problems[0].rule == "r");
  BOOST_TEST(f.problems[0].why.starts_with("found duplicate series for the match group"));
  BOOST_TEST(f.query("s", 0) == R"(s{i="1"} 3;)");
  fixture same(R"([{"alert": "A", "expr": "{__name__=~\"m|n\"}", "labels": {"i": "x"}}])");
  same.data.add({{"__name__", "n"}}, {0, 1});
  same.at(0, 3);
  BOOST_REQUIRE(same.problems.size() == 1u);
  BOOST_TEST(same.problems[0].why ==
             "vector contains metrics with the same labelset after applying alert labels");
}

BOOST_AUTO_TEST_CASE(groups_are_checked) {
  BOOST_TEST(refusal(R"([{"alert": "A", "expr": "m", "fro": "1m"}])") ==
             R"(group "g": rule 1 (""): unknown field "fro", did you mean 'for'?)");
  BOOST_TEST(
    refusal(R"([{"record": "a", "expr": "m"}, {"record": "r", "expr": "m +"}])")
      .starts_with(R"(group "g": rule 2 ("r"): could not parse expression: 1:4: parse error: )"));
  BOOST_TEST(refusal(R"([{"alert": "A", "record": "r", "expr": "m"}])") ==
             R"(group "g": rule 1 ("A"): only one of "record" and "alert" must be set)");
  BOOST_TEST(refusal(R"([{"expr": "m"}])") ==
             R"(group "g": rule 1 (""): one of "record" or "alert" must be set)");
  BOOST_TEST(refusal(R"([{"alert": "A"}])") ==
             R"(group "g": rule 1 ("A"): field "expr" must be set in rule)");
  BOOST_TEST(refusal(R"([{"record": "r", "expr": "m", "for": "1m"}])") ==
             R"(group "g": rule 1 ("r"): invalid field "for" in recording rule)");
  BOOST_TEST(refusal(R"([{"alert": "A", "expr": "m", "for": "soon"}])") ==
             R"(group "g": rule 1 ("A"): field "for": no duration: soon)");
  BOOST_TEST(
    refusal(R"([{"alert": "A", "expr": "m[5m]"}])") ==
    R"(group "g": rule 1 ("A"): the expression is a range vector, no instant vector and no scalar)");
  BOOST_TEST(refusal(R"([{"alert": "A", "expr": "m", "labels": {"__name__": "x"}}])") ==
             R"(group "g": rule 1 ("A"): field "labels": invalid label name: __name__)");
  BOOST_TEST(refusal(R"([{"alert": "A", "expr": "m", "annotations": {"a": "{{ x }}"}}])") ==
             R"(group "g": rule 1 ("A"): field "annotations": a: function "x" not defined)");
  BOOST_TEST(refusal(R"([{"record": "r", "expr": "m", "labels": {"a": "{{ $value }}"}}])") ==
             R"(group "g": rule 1 ("r"): field "labels": a: a recording rule has no templates)");
  BOOST_TEST(
    read_groups(json::parse(R"({"groups": [{"name": "g"}, {"name": "g"}]})")).error().detail ==
    R"(group "g": groupname is repeated in the same file)");
  BOOST_TEST(read_groups(json::parse(R"({"group": []})")).error().detail ==
             R"(unknown field "group", did you mean 'groups'?)");
}

BOOST_AUTO_TEST_CASE(a_group_gives_its_rules_labels_an_offset_and_a_limit) {
  auto groups = read_groups(
    json::parse(R"({"groups": [{"name": "g", "interval": "30s", "query_offset": "1m", "limit": 1,
    "labels": {"team": "x", "a": "b"}, "rules": [{"record": "r", "expr": "m", "labels": {"a": "c"}}]}]})"));
  BOOST_REQUIRE(groups.has_value());
  rule_context context;
  group_run run(groups->at(0), context);
  promql::memory_source data;
  data.add({{"__name__", "m"}}, {0, 1});
  data.add({{"__name__", "m"}}, {minute, 2});
  BOOST_TEST(run.at(data, minute).empty());
  auto result = promql::query::parse("r")->at(data, minute);
  BOOST_REQUIRE(result->vector.size() == 1u);
  BOOST_TEST(promql::to_string(result->vector[0].metric) == R"(r{a="c", team="x"})");
  BOOST_TEST(result->vector[0].value == 1);
  data.add({{"__name__", "m"}, {"i", "2"}}, {minute, 2});
  auto problems = run.at(data, 2 * minute);
  BOOST_REQUIRE(problems.size() == 1u);
  BOOST_TEST(problems[0].why == "exceeded limit of 1 with 2 series");
}

BOOST_AUTO_TEST_CASE(a_group_writes_where_it_reads) {
  auto groups =
    read_groups(json::parse(R"({"groups": [{"name": "g", "query_offset": "10m", "rules": [
    {"record": "r", "expr": "m > 1"}, {"alert": "A", "expr": "r"}]}]})"));
  BOOST_REQUIRE(groups.has_value());
  rule_context context;
  group_run run(groups->at(0), context);
  promql::memory_source data;
  data.add({{"__name__", "m"}}, {0, 2});
  data.add({{"__name__", "m"}}, {minute, 1});
  auto points = [&](const std::string& name) {
    std::string out;
    for (const auto& [metric, all] : data.all())
      if (promql::value_of(metric, promql::metric_name) == name)
        for (const auto& p : all)
          out += std::to_string(p.time_ms / minute) + (promql::is_stale(p.value) ? " ends;" : ";");
    return out;
  };
  BOOST_TEST(run.at(data, 10 * minute).empty());
  BOOST_TEST(points("r") == "0;");
  BOOST_TEST(points("ALERTS") == "0;"); // It sees what was recorded, however long ago it is for.
  BOOST_TEST(run.alerts(1)->alerts().begin()->second.active_ms == 10 * minute);
  BOOST_TEST(run.at(data, 11 * minute).empty());
  BOOST_TEST(points("r") == "0;1 ends;");
  BOOST_TEST(points("ALERTS") == "0;1 ends;");
  BOOST_TEST(*run.alerts(1)->alerts().begin()->second.over_ms == 11 * minute);
}

BOOST_AUTO_TEST_CASE(durations_are_written_as_they_are_read) {
  for (std::string text : {"0s", "1h30m", "90d", "1w", "1y", "1d1s", "15ms", "1m30s"})
    BOOST_TEST(promql::duration_text(duration_of(text)) == text);
  BOOST_TEST(duration_of(5) == -1);
  BOOST_TEST(duration_of(0) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace group_test
