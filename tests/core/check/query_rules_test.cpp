#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/promql/memory_source.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <cmath>
#include <random>

namespace query_rules_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

using series_value = std::tuple<std::string, label_set, number>;

number n(int64_t x) { return number::of(x); }

check_rule query_rule(std::string condition, std::string item = "item") {
  auto rule = make_rule(std::move(item), std::move(condition), {});
  rule.plugin = "promql";
  return rule;
}

check_rule recording(std::string name, std::string condition, int64_t position) {
  auto rule = query_rule(std::move(condition), name);
  rule.record = std::move(name);
  rule.group = "g";
  rule.position = position;
  return rule;
}

promql::labels labels_of_web1() {
  host_record record;
  record.host_id = "h1";
  record.host_name = "web1";
  record.public_ip = "192.0.2.1";
  return labels_of_host(record, 9100);
}

struct query_fixture {
  match_limits limits;
  std::optional<host_checker> host;
  row_store store{period};
  std::vector<alert_change> told;
  std::vector<check::round> rounds;

  query_fixture() { start(); }
  void start() {
    host.emplace(period, "h1", nullptr, 4096, limits);
    host->set_host(labels_of_web1());
  }
  int64_t at(int64_t k) const { return host->offset_ms() + k * period; }
  rules_diff use(std::vector<check_rule> rules) {
    return host->set_rules(make_rules(std::move(rules)), {}, 0);
  }
  round_result take(round_result r) {
    store.apply(r);
    told.insert(told.end(), r.alerts.begin(), r.alerts.end());
    return r;
  }
  round_result answered(int64_t k, const std::vector<series_value>& values) {
    std::vector<sample> samples;
    for (const auto& [name, label, x] : values)
      if (auto slot = host->slot_of(name, label))
        samples.push_back({*slot, x});
    auto r = take(host->on_samples(at(k), samples, 0.1));
    samples.insert(samples.end(), r.recorded.begin(), r.recorded.end());
    rounds.push_back({at(k), true, 0.1, samples});
    return r;
  }
  round_result failed(int64_t k) {
    auto r = take(host->on_failure(at(k), 2.0, "refused"));
    rounds.push_back({at(k), false, 2.0, {}});
    return r;
  }
  /// `from-until value (reason);` for each row.
  std::string shown(const label_set& labels = {}, const std::string& item = "item") const {
    std::string text;
    for (const auto& row : store.rows(item, labels)) {
      text += std::to_string((row.start_ms - host->offset_ms()) / period) + "-" +
              std::to_string((row.end_ms - host->offset_ms()) / period) + " " +
              std::string(to_string(row.value));
      text += row.reason.empty() ? ";" : " (" + row.reason + ");";
    }
    return text;
  }
  std::string told_values() const {
    std::string text;
    for (const auto& x : told)
      text += (x.value.empty() ? "well" : x.value) + ";";
    return text;
  }
  std::vector<series_entry> series() const {
    std::vector<series_entry> out;
    for (uint32_t i = 2; i < host->kept().slot_count(); ++i)
      if (auto key = host->kept().key_of(i); !key.name.empty())
        out.push_back({i, key});
    return out;
  }
  /// The recorded value of a round, if any.
  std::string recorded(const round_result& r) const {
    std::string text;
    for (const auto& s : r.recorded) {
      auto key = host->kept().key_of(s.slot);
      text += key.name;
      for (const auto& [name, value] : key.label)
        text += "," + name + "=" + value;
      text += " " + std::to_string(s.value.as_double()) + ";";
    }
    return text;
  }
};

std::string refusal(const check_rule& rule) {
  auto ok = validate(rule);
  return ok ? "" : ok.error().detail;
}

std::string refusal(std::string condition) { return refusal(query_rule(std::move(condition))); }

std::string joins(const std::string& condition) {
  auto query = promql::query::parse(condition);
  BOOST_REQUIRE(query);
  return why_not_per_host(*query);
}

label_set disk(std::string x) { return {{"device", std::move(x)}}; }

} // namespace

BOOST_AUTO_TEST_SUITE(query_rules)

// -- import

BOOST_AUTO_TEST_CASE(refusals_name_line_and_column) {
  BOOST_TEST(refusal("rate(a[5m]) > 1") == "");
  BOOST_TEST(refusal("rate(a) > 1").starts_with("condition: 1:6: "));
  BOOST_TEST(refusal("a >\n  sum by (b c) (d)").starts_with("condition: 2:"));
  BOOST_TEST(refusal("a[5m]") ==
             "condition: 1:1: is a range vector, no instant vector and no scalar");
  BOOST_TEST(refusal("a > b @ 100").starts_with("condition: 1:5: `@`"));
  BOOST_TEST(refusal("a offset -5m") == "condition: 1:1: a negative offset looks ahead");
  BOOST_TEST(refusal("{job=\"node\"} > 1") ==
             "condition: 1:1: the name of the metric must be written out");
  BOOST_TEST(refusal("{__name__=~\"a.*\"} > 1") ==
             "condition: 1:1: the name of the metric must be written out");
  BOOST_TEST(refusal("vector(1)") == "condition: 1:1: names no series");
}

BOOST_AUTO_TEST_CASE(members_that_do_not_go_together_are_refused) {
  auto rule = query_rule("a > 1");
  rule.data_list.push_back({"a", "kpi", {}});
  BOOST_TEST(refusal(rule) == "data_list: a query names its series itself");
  rule = query_rule("a > 1");
  rule.recover = "$0 < 1";
  BOOST_TEST(refusal(rule).starts_with("recover: "));
  rule = query_rule("a > 1");
  rule.annotations = {{"summary", "{{ $labels.x"}};
  BOOST_TEST(refusal(rule).starts_with("annotations: summary: "));
  rule = recording("r", "a", 0);
  BOOST_TEST(refusal(rule) == "");
  rule.for_ = "5m";
  BOOST_TEST(refusal(rule) == "for: a recording rule has none");
  rule = recording("r", "a", 0);
  rule.labels = {{"job", "x"}};
  BOOST_TEST(refusal(rule) == "labels: job is the host's");
  rule = make_rule("item", "$0 > 1", {"a"});
  rule.labels = {{"a", "b"}};
  BOOST_TEST(refusal(rule) == "labels: needs the plug-in promql");
  rule_limits limits{24 * 3'600'000, 1000, period};
  rule.plugin = "median";
  BOOST_TEST(validate(rule, limits).error().detail ==
             "plugin: unknown plug-in 'median'; there are promql, seasonal");
  BOOST_TEST(validate(query_rule("rate(a[25h]) > 1"), limits).error().detail ==
             "condition: looks back 25h, the limit is 24h (samples.keep, at least 24h)");
  limits.keeps_samples = false;
  BOOST_TEST(validate(recording("r", "a", 0), limits).error().detail.starts_with("record: "));
}

BOOST_AUTO_TEST_CASE(what_joins_hosts_is_no_rule_of_a_group) {
  for (const char* good : {"up == 0",
                           "sum by (instance) (rate(a[5m])) > 1",
                           "sum without (cpu) (a) / on (instance, job) b",
                           "a / ignoring (cpu) group_left b",
                           "a > 1 and on (instance) b",
                           "histogram_quantile(0.9, sum by (le, instance) (rate(a[5m])))",
                           "a > on () group_left vector(1)",
                           "label_replace(a, \"disk\", \"$1\", \"device\", \"(.*)\")"})
    BOOST_TEST(joins(good) == "", good << ": " << joins(good));
  BOOST_TEST(joins("sum(rate(a[5m])) > 1")
               .starts_with("1:1: sum without `by (instance)` is over all hosts"));
  BOOST_TEST(joins("1 - avg by (job) (a)").starts_with("1:5: avg"));
  BOOST_TEST(joins("count without (instance) (up)").starts_with("1:1: count without (instance)"));
  BOOST_TEST(joins("a / on (job) b").starts_with("1:1: / does not match by instance"));
  BOOST_TEST(joins("absent(a)").starts_with("1:1: absent is over all hosts"));
  BOOST_TEST(joins("a > scalar(b)").starts_with("1:5: scalar"));
  BOOST_TEST(joins("label_replace(a, \"instance\", \"x\", \"b\", \".*\")")
               .starts_with("1:1: label_replace"));
  auto rule = query_rule("sum(a) > 1", "Many");
  BOOST_TEST(refusal(rule) == "");
  rule.group = "node";
  BOOST_TEST(refusal(rule).starts_with("condition: rule \"Many\" of group \"node\": 1:1: sum"));
}

BOOST_AUTO_TEST_CASE(what_a_query_keeps_and_how_far_it_looks_back) {
  auto plan = plan_query("rate(a{x=\"1\",job=\"node\"}[5m] offset 1h) > on (instance) "
                         "max_over_time(b[1h:1m]) and up == 1");
  BOOST_REQUIRE(plan);
  BOOST_REQUIRE(plan->items.size() == 3u);
  BOOST_TEST(plan->items[0].item.name == "a");
  BOOST_TEST((*plan->items[0].item.match == label_set{{"x", "=1"}}));
  BOOST_TEST(plan->items[1].item.name == "b");
  BOOST_TEST(is_own_series(plan->items[2].item));
  BOOST_TEST(plan->lookback_ms == 66 * 60'000);
}

// -- live

BOOST_FIXTURE_TEST_CASE(instances_are_the_elements_of_the_result, query_fixture) {
  auto rule = query_rule("busy{instance=\"192.0.2.1:9100\"} > 5");
  rule.labels = {{"team", "{{ $labels.device }}-team"}};
  rule.annotations = {{"summary", "{{ $labels.host }}: {{ $labels.device }} at {{ $value }}"}};
  use({rule});
  answered(0, {{"busy", disk("a"), n(1)}, {"busy", disk("b"), n(9)}});
  answered(1, {{"busy", disk("a"), n(7)}, {"busy", disk("b"), n(8)}});
  answered(2, {{"busy", disk("a"), n(7)}, {"busy", disk("b"), n(1)}});
  answered(3, {{"busy", disk("a"), n(1)}, {"busy", disk("b"), n(1)}});
  BOOST_TEST(shown(disk("a")) == "1-2 Abnormal (web1: a at 7);");
  BOOST_TEST(shown(disk("b")) == "0-1 Abnormal (web1: b at 9);");
  BOOST_TEST(shown() == "");
  BOOST_TEST(told_values() == "Abnormal;Abnormal;well;well;");
  BOOST_TEST((told[0].rule_labels == label_set{{"team", "b-team"}}));
  BOOST_TEST(told[0].annotations["summary"] == "web1: b at 9");
}

BOOST_FIXTURE_TEST_CASE(for_and_keep_firing_for_are_as_for_other_rules, query_fixture) {
  auto rule = query_rule("busy > 5");
  rule.for_ = "30s";
  rule.keep_firing_for = "30s";
  rule.no_data = "ignore";
  use({rule});
  for (int k = 0; k < 10; ++k)
    answered(k, {{"busy", {}, n(k == 1 || (k >= 3 && k <= 6) ? 9 : 0)}});
  BOOST_TEST(shown() == "5-8 Abnormal (value 9);");
}

BOOST_FIXTURE_TEST_CASE(a_silent_host_has_no_data_and_its_own_series_go_on, query_fixture) {
  use({query_rule("busy > 5"), query_rule("up == 0", "down")});
  answered(0, {{"busy", disk("a"), n(9)}});
  failed(1);
  failed(2);
  answered(3, {{"busy", disk("a"), n(9)}});
  BOOST_TEST(shown(disk("a")) == "0-0 Abnormal (value 9);3-3 Abnormal (value 9);");
  BOOST_TEST(shown() == "1-2 No data (refused);");
  BOOST_TEST(shown({}, "down") == "1-2 Abnormal (value 0);");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_evaluated_says_why, query_fixture) {
  use({query_rule("a + on () b"), query_rule("a or b", "same")});
  answered(0, {{"a", disk("x"), n(1)}, {"b", disk("x"), n(1)}, {"b", disk("y"), n(1)}});
  BOOST_TEST(shown().starts_with("0-0 Internal error (found duplicate series"), shown());
  BOOST_TEST(shown({}, "same") == "");
  answered(1, {{"a", disk("x"), n(1)}, {"b", disk("x"), n(1)}}); // It begins anew.
  BOOST_TEST(shown().ends_with("1-1 Abnormal (value 2);"), shown());
}

BOOST_FIXTURE_TEST_CASE(instances_are_bounded, query_fixture) {
  limits.instances = 2;
  start();
  use({query_rule("a > 0")});
  answered(0, {{"a", disk("x"), n(1)}, {"a", disk("y"), n(1)}, {"a", disk("z"), n(1)}});
  BOOST_TEST(shown(disk("x")) != "");
  BOOST_TEST(shown(disk("z")) == "");
  BOOST_TEST(shown().starts_with("0-0 Internal error (more than 2 results"), shown());
}

// -- recording

BOOST_FIXTURE_TEST_CASE(recorded_series_are_series_of_the_host, query_fixture) {
  auto labelled = recording("disk:busy:twice", "disk:busy:sum * 2", 1);
  labelled.labels = {{"kind", "rec"}};
  auto plain = make_rule("plain", "$0 > 20", {});
  data_item item;
  item.name = "disk:busy:twice";
  item.match.emplace();
  plain.data_list = {item};
  auto summed = plain;
  summed.check_item = "summed";
  summed.data_list[0].agg = "sum";
  // The later one of the group comes first by name.
  use({labelled,
       recording("disk:busy:sum", "sum by (instance) (busy)", 0),
       plain,
       summed,
       query_rule("disk:busy:twice > 20", "queried")});
  auto r = answered(0, {{"busy", disk("a"), n(5)}, {"busy", disk("b"), n(6)}});
  BOOST_TEST(recorded(r) == "disk:busy:sum 11.000000;disk:busy:twice,kind=rec 22.000000;");
  label_set kind{{"kind", "rec"}};
  BOOST_TEST(shown(kind, "plain") == "0-0 Abnormal;");
  BOOST_TEST(shown({}, "summed") == "0-0 Abnormal;");
  BOOST_TEST(shown(kind, "queried") == "0-0 Abnormal (value 22);");
  r = answered(1, {{"other", {}, n(1)}});
  BOOST_TEST(recorded(r) == "");
  BOOST_TEST(recorded(failed(2)) == "");
}

BOOST_FIXTURE_TEST_CASE(recorded_series_have_the_labels_of_their_values, query_fixture) {
  // Without `job` in what is recorded, as in Prometheus; else these two would not match.
  use({recording("r", "sum by (instance) (a)", 0),
       query_rule("sum by (instance) (a) - r < 1 and on () r{job=\"\"}")});
  answered(0, {{"a", disk("x"), n(3)}});
  BOOST_TEST(shown() == "0-0 Abnormal (value 0);");
}

// -- the past

/// Rounds of series that come, go, fall and are silent.
std::vector<std::pair<bool, std::vector<series_value>>> random_rounds(unsigned seed, int count) {
  std::mt19937 random(seed);
  std::vector<std::pair<bool, std::vector<series_value>>> out;
  std::map<std::string, int64_t> counters;
  for (int k = 0; k < count; ++k) {
    auto& [is_answered, values] = out.emplace_back(random() % 12 != 0, std::vector<series_value>{});
    for (const char* d : {"a", "b", "c"}) {
      counters[d] += static_cast<int64_t>(random() % 40);
      if (random() % 25 == 0)
        counters[d] = 0;
      if (random() % 6 != 0 && (*d != 'c' || k > count / 3))
        values.emplace_back("total", disk(d), n(counters[d]));
      values.emplace_back("level", disk(d), number::of(static_cast<double>(random() % 100) / 10));
    }
  }
  return out;
}

const std::vector<std::string> tried = {
  "rate(total[2m]) > 0.9",
  "increase(total[1m]) / ignoring (x) level > 4",
  "max_over_time(level[3m]) - min_over_time(level[3m]) > 9",
  "sum by (instance) (level) > 18",
  "avg_over_time(level[1m]) > 6 unless on (device) rate(total[1m]) > 1",
  "max_over_time(sum by (instance) (level)[2m:30s]) > 20",
  "total offset 1m - total > 0",
  "absent(total{device=\"c\"})",
  "topk(1, level) > 5",
  "quantile_over_time(0.9, level[5m]) > 9",
  "changes(total[1m]) == 0",
  "up == 0 or on (host) count(level) < 3",
};

BOOST_FIXTURE_TEST_CASE(round_after_round_is_as_anew_each_time, query_fixture) {
  std::vector<check_rule> rules;
  for (size_t i = 0; i < tried.size(); ++i)
    rules.push_back(query_rule(tried[i], "r" + std::to_string(i)));
  use(rules);
  promql::memory_source all;
  std::set<promql::labels> there;
  auto own = labels_of_web1();
  int64_t k = 0;
  size_t found = 0;
  for (const auto& [is_answered, values] : random_rounds(7, 200)) {
    std::set<promql::labels> now;
    auto put = [&](const series_key& key, double value) {
      auto metric = labels_of_series(own, key);
      all.add(metric, {at(k), value});
      now.insert(metric);
    };
    put({"up", {}}, is_answered ? 1 : 0);
    if (is_answered)
      for (const auto& [name, label, x] : values)
        put({name, label}, x.as_double());
    for (const auto& metric : there)
      if (!now.contains(metric))
        all.add(metric, {at(k), promql::stale_marker()});
    there = now;
    auto r = is_answered ? answered(k, values) : failed(k);
    for (size_t i = 0; i < tried.size(); ++i) {
      std::set<label_set> expected, seen;
      auto result = promql::query::parse(tried[i])->at(all, at(k));
      BOOST_REQUIRE(result);
      for (const auto& x : result->vector)
        expected.insert(without_host(x.metric, own));
      for (const auto& change : r.changes)
        if (change.check_item == "r" + std::to_string(i) &&
            change.rows.back().value == result_value::abnormal)
          seen.insert(change.labels);
      BOOST_TEST((expected == seen), tried[i] << " at " << k);
      found += seen.size();
    }
    ++k;
  }
  BOOST_TEST(found > 500u);
}

BOOST_FIXTURE_TEST_CASE(a_restart_and_an_explicit_run_find_the_same, query_fixture) {
  std::vector<check_rule> rules;
  for (size_t i = 0; i < tried.size(); ++i) {
    rules.push_back(query_rule(tried[i], "r" + std::to_string(i)));
    if (i % 2 == 0)
      rules.back().for_ = "30s";
    if (i % 3 == 0)
      rules.back().keep_firing_for = "45s";
  }
  rules.push_back(recording("rec", "sum by (instance) (level)", 0));
  rules.push_back(query_rule("rec > 15", "recorded"));
  use(rules);
  auto input = random_rounds(11, 160);
  auto play = [](query_fixture& on, const auto& all, int64_t from, int64_t until) {
    for (auto k = from; k < until; ++k)
      all[static_cast<size_t>(k)].first ? on.answered(k, all[static_cast<size_t>(k)].second)
                                        : on.failed(k);
  };
  play(*this, input, 0, 160);

  query_fixture other;
  other.use(rules);
  play(other, input, 0, 90);
  auto before = other.rounds;
  auto series = other.series();
  std::vector<alert_change> open;
  other.start();
  other.host->adopt_series(series, other.at(89));
  auto diff = other.use(rules);
  BOOST_TEST(diff.history_ms > 0);
  std::vector<check::round> history;
  for (const auto& x : before)
    if (x.time_ms >= other.at(89) - diff.history_ms)
      history.push_back(x);
  other.host->load_history(history);
  other.host->history_loaded();
  other.host->resume(other.at(89), other.store.last_rows(), open);
  play(other, input, 90, 160);
  for (const auto& rule : rules)
    for (const auto& labels : store.instances(rule.check_item))
      BOOST_TEST(other.store.rows(rule.check_item, labels) == store.rows(rule.check_item, labels),
                 rule.condition);

  auto compiled = make_rules(rules);
  auto known = this->series();
  for (const auto& rule : compiled->rules()) {
    if (rule->records())
      continue;
    std::vector<rule_set::rule_ptr> one{rule};
    stored_history past(one, known);
    for (const auto& x : rounds)
      past.add(x);
    run_request request;
    request.start_ms = at(0);
    request.end_ms = at(160);
    request.period_ms = period;
    request.basis = time_basis::stored_grid;
    request.host = labels_of_web1();
    request.most_values = 100;
    auto result = run_rule(rule, request, past.data_for(*rule));
    BOOST_REQUIRE(result.parts.size() == 1u);
    row_store again{period};
    for (const auto& change : changes_of(*rule, request, result))
      again.apply(change);
    const auto& item = rule->rule.check_item;
    for (const auto& labels : store.instances(item))
      BOOST_TEST(again.rows(item, labels) == store.rows(item, labels), rule->rule.condition);
  }
}

BOOST_AUTO_TEST_CASE(samples_of_a_service_are_judged_on_a_grid) {
  auto rules = make_rules({query_rule("busy > 5")});
  const auto& rule = rules->rules().front();
  std::vector<point> points = {{1002, n(1)}, {16'003, n(9)}, {31'001, n(9)}, {46'000, n(1)}};
  run_data data;
  data.items.resize(1);
  data.items[0].series.push_back({2, disk("a"), points});
  run_request request;
  request.start_ms = 1000;
  request.end_ms = 61'000;
  request.period_ms = period;
  auto result = run_rule(rule, request, data);
  BOOST_REQUIRE(result.instances.size() == 1u);
  BOOST_REQUIRE(result.instances[0].points.size() == 2u);
  BOOST_TEST(result.instances[0].points[0].time_ms == 16'000);
  BOOST_TEST(result.instances[0].points[1].time_ms == 31'000);
}

// -- flapping

BOOST_FIXTURE_TEST_CASE(what_flaps_is_told_once, query_fixture) {
  limits.flaps.rounds = 10;
  start();
  auto rule = make_rule("item", "$0 > 5", {"a"});
  rule.flapping = "on";
  use({rule});
  int64_t k = 0;
  for (; k < 30; ++k)
    answered(k, {{"a", {}, n(k % 2 == 0 ? 9 : 0)}});
  auto begun = told.size();
  BOOST_TEST(begun == 6u); // Five changes, and then that it flaps.
  BOOST_TEST(told.back().value == "Abnormal");
  BOOST_TEST(told.back().reason == "flapping: it changed in 5 of the last 10 rounds");
  for (; k < 50; ++k)
    answered(k, {{"a", {}, n(9)}});
  BOOST_REQUIRE(told.size() == begun + 1);
  BOOST_TEST(told.back().value == "Abnormal");
  BOOST_TEST(told.back().reason == "");
  BOOST_TEST(told.back().since_ms > told[begun - 1].since_ms);
  answered(k, {{"a", {}, n(0)}});
  BOOST_TEST(told.back().value == "");
  // What is found is stored as ever.
  BOOST_TEST(store.rows("item").size() > 10u);
}

BOOST_FIXTURE_TEST_CASE(flapping_goes_on_after_a_restart_and_is_off_unless_wanted, query_fixture) {
  limits.flaps.rounds = 10;
  start();
  auto rule = query_rule("a > 5");
  rule.flapping = "on";
  use({rule, query_rule("a > 5", "plain")});
  int64_t k = 0;
  for (; k < 30; ++k)
    answered(k, {{"a", disk("x"), n(k % 2 == 0 ? 9 : 0)}});
  size_t plain = 0;
  alert_change last;
  for (const auto& x : told)
    if (x.check_item == "plain")
      ++plain;
    else
      last = x;
  BOOST_TEST(plain == 30u);
  BOOST_TEST(last.reason.starts_with("flapping: "));
  auto series = this->series();
  auto rows = store.last_rows();
  start();
  host->adopt_series(series, at(k - 1));
  use({rule});
  host->load_history(rounds);
  host->history_loaded();
  host->resume(at(k - 1), rows, std::vector{last});
  told.clear();
  for (; k < 36; ++k)
    answered(k, {{"a", disk("x"), n(k % 2 == 0 ? 9 : 0)}});
  BOOST_TEST(told_values() == "");
  for (; k < 60; ++k)
    answered(k, {{"a", disk("x"), n(0)}});
  BOOST_TEST(told_values() == "well;");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace query_rules_test
