#include "runtime/core/check/aggregates.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "runtime/core/check/selector.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <cmath>

namespace instances_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

using matches = std::map<std::string, std::string>;
using series_value = std::tuple<std::string, label_set, number>;

number n(int64_t x) { return number::of(x); }

data_item matching(std::string name, matches match) {
  data_item item;
  item.name = std::move(name);
  item.match = std::move(match);
  return item;
}

data_item aggregated(std::string name,
                     matches match,
                     std::string agg,
                     std::optional<std::vector<std::string>> by = {}) {
  auto item = matching(std::move(name), std::move(match));
  item.agg = std::move(agg);
  if (by)
    item.by = std::move(*by);
  return item;
}

check_rule rule_over(std::string condition, std::vector<data_item> items) {
  auto rule = make_rule("item", std::move(condition), {});
  rule.data_list = std::move(items);
  return rule;
}

/// One host whose rounds come by number.
struct fixture {
  match_limits limits;
  std::optional<host_checker> host{std::in_place, period, "h1", nullptr, 4096, limits};
  row_store store{period};

  int64_t at(int64_t k) const { return host->offset_ms() + k * period; }
  rules_diff use(std::vector<check_rule> rules) {
    return host->set_rules(make_rules(std::move(rules)), {}, 0);
  }
  void bound(size_t instances, size_t series) {
    host.emplace(period, "h1", nullptr, 4096, match_limits{instances, series});
  }
  round_result answered(int64_t k, const std::vector<series_value>& values) {
    std::vector<sample> samples;
    for (const auto& [name, label, x] : values)
      if (auto slot = host->slot_of(name, label))
        samples.push_back({*slot, x});
    auto r = host->on_samples(at(k), samples, 0.1);
    store.apply(r);
    return r;
  }
  round_result failed(int64_t k) {
    auto r = host->on_failure(at(k), 2.0, "refused");
    store.apply(r);
    return r;
  }
  /// `from-until value (reason);` for each row.
  std::string shown(const label_set& labels = {}) const {
    std::string text;
    for (const auto& row : store.rows("item", labels)) {
      text += std::to_string((row.start_ms - host->offset_ms()) / period) + "-" +
              std::to_string((row.end_ms - host->offset_ms()) / period) + " " +
              std::string(to_string(row.value));
      text += row.reason.empty() ? ";" : " (" + row.reason + ");";
    }
    return text;
  }
};

std::string refusal(const check_rule& rule) {
  auto ok = validate(rule);
  return ok ? "" : ok.error().detail;
}

label_set mount(std::string m) { return {{"mountpoint", std::move(m)}}; }

} // namespace

BOOST_AUTO_TEST_SUITE(selectors)

BOOST_AUTO_TEST_CASE(labels_are_selected_by_value_and_by_pattern) {
  auto fits = [](matches m, label_set labels) { return (*selector::compile(m))->matches(labels); };
  BOOST_TEST(fits({}, {}));
  BOOST_TEST(fits({{"a", "x"}}, {{"a", "x"}, {"b", "y"}}));
  BOOST_TEST(!fits({{"a", "x"}}, {{"a", "xx"}}));
  BOOST_TEST(!fits({{"a", "x"}}, {}));
  BOOST_TEST(fits({{"a", "=x"}}, {{"a", "x"}}));
  BOOST_TEST(fits({{"a", "==x"}}, {{"a", "=x"}}));
  BOOST_TEST(fits({{"a", "=!=x"}}, {{"a", "!=x"}}));
  BOOST_TEST(fits({{"a", "!=x"}}, {{"a", "y"}}));
  BOOST_TEST(fits({{"a", "!=x"}}, {}));
  BOOST_TEST(!fits({{"a", "!="}}, {}));
  BOOST_TEST(fits({{"a", ""}}, {}));
  BOOST_TEST(fits({{"a", "=~x|y.*"}}, {{"a", "yes"}}));
  BOOST_TEST(!fits({{"a", "=~x|y"}}, {{"a", "yes"}})); // The whole value.
  BOOST_TEST(fits({{"a", "!~x|y"}}, {{"a", "yes"}}));
  BOOST_TEST(!fits({{"a", "!~.*"}}, {}));
  BOOST_TEST(!fits({{"a", "x"}, {"b", "y"}}, {{"a", "x"}}));
}

BOOST_AUTO_TEST_CASE(an_import_refuses_matches_that_make_no_sense) {
  auto with = [](auto change) {
    auto item = matching("a", {{"x", "y"}});
    change(item);
    return refusal(rule_over("$1 > $0", {matching("m", {}), item}));
  };
  BOOST_TEST(with([](data_item&) {}) == "");
  BOOST_TEST(with([](data_item& x) {
               x.match->emplace("fstype", "=~(");
             }).starts_with("data_list[1].match.fstype: "));
  BOOST_TEST(with([](data_item& x) {
               x.match->emplace("z", "=~((a{100}){100}){100}");
             }).starts_with("data_list[1].match.z: "));
  BOOST_TEST(with([](data_item& x) {
               x.label = {{"a", "b"}};
             }) == "data_list[1].match: not together with label");
  BOOST_TEST(with([](data_item& x) { x.type = "log"; }) == "data_list[0].match: not beside a log");
  BOOST_TEST(with([](data_item& x) { x.name = "up"; }) ==
             "data_list[1].match: the host's own series has no labels");
  BOOST_TEST(with([](data_item& x) { x.agg = "median"; }) ==
             "data_list[1].agg: must be sum, avg, min, max or count");
  BOOST_TEST(with([](data_item& x) { x.by = std::vector<std::string>{"a"}; }) ==
             "data_list[1].by: needs agg");
  BOOST_TEST(with([](data_item& x) {
               x.on = std::vector<std::string>{"a"};
               x.ignoring = std::vector<std::string>{"b"};
             }) == "data_list[1].ignoring: not together with on");
  BOOST_TEST(with([](data_item& x) {
               x.agg = "sum";
               x.on = std::vector<std::string>{"a"};
             }) == "data_list[1].on: an aggregate joins on what it is grouped by");
  BOOST_TEST(with([](data_item& x) { x.match.reset(), x.agg = "sum"; }) ==
             "data_list[1].agg: needs match");
  auto main = matching("m", {});
  main.on = std::vector<std::string>{"a"};
  BOOST_TEST(refusal(rule_over("$0 > 1", {main})) == "data_list[0].on: $0 joins nothing");
  BOOST_TEST(refusal(rule_over("$0 > 1", {matching("m", {}), matching("m", {})})) ==
             "data_list[1]: repeats name and labels of data_list[0]");
  BOOST_TEST(refusal(rule_over("$0 > $1", {matching("m", {}), aggregated("m", {}, "sum")})) == "");
}

BOOST_AUTO_TEST_CASE(an_import_refuses_times_that_make_no_sense) {
  auto with = [](auto change) {
    auto rule = make_rule("item", "$0 > 1", {"a"});
    change(rule);
    return refusal(rule);
  };
  BOOST_TEST(with([](check_rule& x) { x.for_ = "soon"; }).starts_with("for: "));
  BOOST_TEST(
    with([](check_rule& x) { x.keep_firing_for = "-1s"; }).starts_with("keep_firing_for: "));
  BOOST_TEST(with([](check_rule& x) { x.no_data = "panic"; }) ==
             "no_data: must be keep, alert or ignore");
  BOOST_TEST(with([](check_rule& x) { x.recover = "$0 <"; }).starts_with("recover: line 1, "));
  BOOST_TEST(with([](check_rule& x) { x.recover = "$1 < 1"; }).starts_with("recover: line 1, "));
  BOOST_TEST(with([](check_rule& x) { x.for_ = "5m", x.recover = "$0 < 1"; }) == "");
  rule_limits limits{24 * 3'600'000, 1000, period};
  auto rule = make_rule("item", "$0 > 1", {"a"});
  rule.for_ = "25h";
  BOOST_TEST(validate(rule, limits).error().detail ==
             "for: 25h, the limit is 24h (samples.keep, at least 24h)");
  rule.for_ = "1h";
  rule.recover = "max(25h) < 1";
  BOOST_TEST(validate(rule, limits).error().detail ==
             "recover: looks back 25h, the limit is 24h (samples.keep, at least 24h)");
}

BOOST_AUTO_TEST_CASE(an_import_refuses_a_comparison_of_count_that_is_computed) {
  BOOST_TEST(refusal(make_rule("item", "count(1m, 5, $0 > 1 ? '>' : '<') > 2", {"a"})) ==
             "condition: line 1, position 1: the comparison of count must be written literally");
  BOOST_TEST(refusal(make_rule("item", "count(1m, 5, '>') > 2", {"a"})) == "");
  // What is stored already goes on.
  auto rules = make_rules({make_rule("item", "count(1m, 5, $0 > 1 ? '>' : '<') > 2", {"a"})});
  BOOST_TEST(rules->rules().front()->program != nullptr);
}

BOOST_AUTO_TEST_CASE(rules_without_the_new_members_keep_their_digests) {
  auto plain = make_rule("item", "$0 > 1", {"a"});
  BOOST_TEST(digest_of(plain) ==
             "da1a9b3df5a71fac754da2e190edb123a11211bc02682e3e28780d197792c1b5");
  std::vector<std::string> digests = {digest_of(plain)};
  for (auto change : std::vector<void (*)(check_rule&)>{
         [](check_rule& x) { x.for_ = "5m"; },
         [](check_rule& x) { x.keep_firing_for = "5m"; },
         [](check_rule& x) { x.recover = "$0 < 1"; },
         [](check_rule& x) { x.no_data = "keep"; },
         [](check_rule& x) { x.data_list[0].match.emplace(); },
         [](check_rule& x) { x.data_list[0] = aggregated("a", {}, "sum"); },
         [](check_rule& x) { x.data_list[0] = aggregated("a", {}, "sum", {{"b"}}); }}) {
    auto other = plain;
    change(other);
    digests.push_back(digest_of(other));
  }
  std::sort(digests.begin(), digests.end());
  BOOST_TEST((std::unique(digests.begin(), digests.end()) == digests.end()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(instances, fixture)

BOOST_AUTO_TEST_CASE(each_label_set_is_an_instance) {
  use({rule_over("$0 > 80", {matching("used", {{"mountpoint", "!~/run.*"}})})});
  BOOST_TEST(host->wants_name("used"));
  BOOST_TEST(!host->wants({"used", mount("/run/lock")}));
  auto r = answered(
    0,
    {{"used", mount("/"), n(90)}, {"used", mount("/var"), n(10)}, {"used", mount("/run"), n(99)}});
  BOOST_TEST_REQUIRE(r.changes.size() == 1u);
  BOOST_TEST((r.changes[0].labels == mount("/")));
  BOOST_TEST_REQUIRE(r.alerts.size() == 1u);
  BOOST_TEST((r.alerts[0].labels == mount("/")));
  BOOST_TEST(r.judged == 1u);
  answered(1, {{"used", mount("/"), n(90)}, {"used", mount("/var"), n(95)}});
  BOOST_TEST(shown(mount("/")) == "0-1 Abnormal;");
  BOOST_TEST(shown(mount("/var")) == "1-1 Abnormal;");
  BOOST_TEST(shown() == "");
  auto states = host->states();
  BOOST_TEST_REQUIRE(states.size() == 2u);
  BOOST_TEST((states[0].labels == mount("/")));
  BOOST_TEST((states[0].value == abnormal));
}

BOOST_AUTO_TEST_CASE(instances_come_and_go_with_their_series) {
  use({rule_over("max(30s) > 80", {matching("used", {})})});
  BOOST_TEST(answered(0, {}).alerts.size() == 1u);
  answered(1, {{"used", mount("/mnt"), n(90)}});
  for (int k = 2; k < 8; ++k) {
    auto r = answered(k, {{"used", mount("/"), n(1)}});
    // Two rounds of look-back and one more.
    BOOST_TEST_REQUIRE(r.alerts.size() == (k == 2 || k == 5 ? 1u : 0u), "round " << k);
    if (k == 5)
      BOOST_TEST(r.alerts[0].value == "");
  }
  BOOST_TEST(shown(mount("/mnt")) ==
             "1-1 Abnormal;2-4 No data (no sample of used{mountpoint=/mnt});");
  BOOST_TEST(shown() == "0-0 No data (no such series: used);");
  // When it comes back it is as new.
  answered(8, {{"used", mount("/mnt"), n(90)}});
  BOOST_TEST(shown(mount("/mnt")) ==
             "1-1 Abnormal;2-4 No data (no sample of used{mountpoint=/mnt});8-8 Abnormal;");
}

BOOST_AUTO_TEST_CASE(a_silent_host_is_one_row) {
  use({rule_over("$0 > 80", {matching("used", {})})});
  answered(0, {{"used", mount("/"), n(90)}, {"used", mount("/var"), n(90)}});
  auto r = failed(1);
  BOOST_TEST(r.changes.size() == 1u);
  BOOST_TEST(r.alerts.size() == 3u); // The two are not known to be abnormal any more.
  failed(2);
  answered(3, {{"used", mount("/"), n(90)}, {"used", mount("/var"), n(10)}});
  BOOST_TEST(shown() == "1-2 No data (refused);");
  BOOST_TEST(shown(mount("/")) == "0-0 Abnormal;3-3 Abnormal;");
  BOOST_TEST(shown(mount("/var")) == "0-0 Abnormal;");
}

BOOST_AUTO_TEST_CASE(a_series_without_labels_is_an_instance_named_as_the_rule) {
  use({rule_over("$0 > 80", {matching("load", {})})});
  answered(0, {{"load", {}, n(90)}});
  failed(1);
  answered(2, {{"load", {}, n(90)}});
  BOOST_TEST(shown() == "0-0 Abnormal;1-1 No data (refused);2-2 Abnormal;");
}

BOOST_AUTO_TEST_CASE(further_items_join_on_the_labels_they_share) {
  auto rule = rule_over("$0 / $1 < 0.1", {matching("avail", {}), matching("size", {})});
  use({rule});
  label_set root = {{"mountpoint", "/"}, {"device", "sda"}}, var = {{"mountpoint", "/var"}};
  answered(0,
           {{"avail", root, n(1)},
            {"avail", var, n(1)},
            {"size", mount("/"), n(100)},
            {"size", mount("/var"), n(5)}});
  BOOST_TEST(shown(root) == "0-0 Abnormal;");
  BOOST_TEST(shown(var) == "");
  // One that joins nothing, and one that joins two.
  answered(1,
           {{"avail", root, n(1)},
            {"avail", mount("/mnt"), n(1)},
            {"size", {{"mountpoint", "/"}, {"pool", "a"}}, n(100)},
            {"size", {{"mountpoint", "/"}, {"pool", "b"}}, n(100)}});
  BOOST_TEST(shown(root) == "0-0 Abnormal;1-1 Internal error (several series size belong to the "
                            "instance: use on, ignoring or agg);");
  BOOST_TEST(shown(mount("/mnt")) == "1-1 No data (no series size belongs to the instance);");
}

BOOST_AUTO_TEST_CASE(a_join_follows_a_series_that_is_called_otherwise_now) {
  use({rule_over("$0 > $1", {matching("a", {}), matching("b", {})})});
  label_set first = {{"x", "1"}, {"version", "1"}}, second = {{"x", "1"}, {"version", "2"}};
  answered(0, {{"a", {{"x", "1"}}, n(2)}, {"b", first, n(3)}});
  answered(1, {{"a", {{"x", "1"}}, n(2)}, {"b", second, n(1)}});
  answered(2, {{"a", {{"x", "1"}}, n(2)}, {"b", second, n(1)}});
  BOOST_TEST(shown({{"x", "1"}}) == "1-2 Abnormal;");
}

BOOST_AUTO_TEST_CASE(joins_can_be_told_their_labels) {
  auto on = matching("b", {}), ignoring = matching("b", {});
  on.on = std::vector<std::string>{"device"};
  ignoring.ignoring = std::vector<std::string>{"mode"};
  auto first = rule_over("$0 > $1", {matching("a", {}), on});
  auto second = rule_over("$0 > $1", {matching("a", {}), ignoring});
  second.check_item = "second";
  use({first, second});
  label_set x = {{"device", "sda"}, {"mode", "r"}};
  answered(0, {{"a", x, n(2)}, {"b", {{"device", "sda"}, {"mode", "w"}}, n(1)}});
  BOOST_TEST(shown(x) == "0-0 Abnormal;");
  BOOST_TEST(store.rows("second", x).size() == 1u);
  // `on` compares an absent label as an empty one.
  answered(1,
           {{"a", x, n(2)},
            {"b", {{"device", "sda"}, {"mode", "w"}}, n(1)},
            {"b", {{"mode", "w"}}, n(1)}});
  BOOST_TEST(store.rows("second", x).back().value == internal_error);
  BOOST_TEST(shown(x) == "0-1 Abnormal;");
}

BOOST_AUTO_TEST_CASE(an_exact_item_is_the_same_for_all_instances) {
  use({rule_over("$0 > $1", {matching("used", {}), make_rule("", "", {"limit"}).data_list[0]})});
  answered(0, {{"used", mount("/"), n(5)}, {"used", mount("/var"), n(1)}, {"limit", {}, n(3)}});
  BOOST_TEST(shown(mount("/")) == "0-0 Abnormal;");
  BOOST_TEST(shown(mount("/var")) == "");
}

BOOST_AUTO_TEST_CASE(an_aggregate_is_a_series_of_its_own) {
  use({rule_over("$0 > 5 && max(#2) > 7", {aggregated("x", {{"i", "!=9"}}, "sum")})});
  auto values = [&](int64_t a, int64_t b) {
    return std::vector<series_value>{
      {"x", {{"i", "1"}}, n(a)}, {"x", {{"i", "2"}}, n(b)}, {"x", {{"i", "9"}}, n(1000)}};
  };
  answered(0, values(3, 3));
  answered(1, values(4, 4));
  answered(2, values(2, 4));
  answered(3, values(2, 4));
  answered(4, {});
  BOOST_TEST(shown() == "1-2 Abnormal;4-4 No data (no sample of x{i!=9});");
}

BOOST_AUTO_TEST_CASE(aggregates_compute_what_they_are_called) {
  auto of = [&](std::string agg, std::vector<double> xs) {
    fixture f;
    f.use({rule_over("$0", {aggregated("x", {}, agg)})});
    std::vector<series_value> values;
    for (size_t i = 0; i < xs.size(); ++i)
      values.emplace_back("x", label_set{{"i", std::to_string(i)}}, number::of(xs[i]));
    accumulator sum;
    auto rules = make_rules({rule_over("$0", {aggregated("x", {}, agg)})});
    for (auto x : xs)
      sum.take(number::of(x), rules->rules().front()->items[0].agg);
    auto value = sum.value(rules->rules().front()->items[0].agg);
    return value ? value->as_double() : -1;
  };
  auto nan = std::nan("");
  BOOST_TEST(of("sum", {1e300, 1, -1e300}) == 1); // The order does not show.
  BOOST_TEST(of("avg", {1, 2, nan}) == 1.5);
  BOOST_TEST(of("min", {3, 1, 2}) == 1);
  BOOST_TEST(of("max", {3, 1, nan}) == 3);
  BOOST_TEST(of("count", {3, 1, nan}) == 2);
  BOOST_TEST(of("count", {nan}) == -1);
}

BOOST_AUTO_TEST_CASE(groups_of_an_aggregate_are_instances) {
  use({rule_over(
    "$0 > $1", {aggregated("x", {}, "sum", {{"node"}}), aggregated("y", {}, "max", {{"node"}})})});
  auto at_node = [](std::string node, std::string cpu) {
    return label_set{{"node", std::move(node)}, {"cpu", std::move(cpu)}};
  };
  answered(0,
           {{"x", at_node("0", "a"), n(2)},
            {"x", at_node("0", "b"), n(2)},
            {"x", at_node("1", "c"), n(2)},
            {"y", at_node("0", "a"), n(3)},
            {"y", at_node("1", "a"), n(3)}});
  BOOST_TEST(shown({{"node", "0"}}) == "0-0 Abnormal;");
  BOOST_TEST(shown({{"node", "1"}}) == "");
  answered(1, {{"x", at_node("0", "a"), n(2)}});
  BOOST_TEST(shown({{"node", "1"}}) == "1-1 No data (no sample of x{node=1});");
}

BOOST_AUTO_TEST_CASE(facts_of_the_host_stand_in_conditions) {
  use({make_rule("item", "$0 > cpu_count", {"load"})});
  auto round = [&](int64_t k, int64_t load, int cpus) {
    std::vector<series_value> values = {{"load", {}, n(load)}};
    for (int c = 0; c < cpus; ++c)
      for (const char* mode : {"idle", "user"})
        values.emplace_back(
          "node_cpu_seconds_total", label_set{{"cpu", std::to_string(c)}, {"mode", mode}}, n(c));
    answered(k, values);
  };
  round(0, 3, 4);
  round(1, 5, 4);
  round(2, 5, 8); // A machine that grew.
  BOOST_TEST(shown() == "1-1 Abnormal;");
  fixture other;
  other.use({make_rule("item", "memory_total < 2e9", {"up"})});
  other.answered(0, {{"node_memory_MemTotal_bytes", {}, n(1'000'000'000)}});
  BOOST_TEST(other.shown() == "0-0 Abnormal;");
}

BOOST_AUTO_TEST_CASE(an_item_of_a_facts_name_is_meant_before_the_fact) {
  use({make_rule("item", "cpu_count > 2", {"cpu_count"})});
  answered(0, {{"cpu_count", {}, n(3)}});
  BOOST_TEST(shown() == "0-0 Abnormal;");
}

BOOST_AUTO_TEST_CASE(too_many_instances_are_told) {
  bound(2, 10);
  use({rule_over("$0 > 80", {matching("used", {})})});
  std::vector<series_value> three = {
    {"used", mount("c"), n(90)}, {"used", mount("b"), n(90)}, {"used", mount("a"), n(90)}};
  answered(0, three);
  BOOST_TEST(shown() == "0-0 Internal error (3 series match, 2 are judged (check.max_instances));");
  BOOST_TEST(shown(mount("c")) == "0-0 Abnormal;");
  BOOST_TEST(shown(mount("b")) == "0-0 Abnormal;");
  BOOST_TEST(shown(mount("a")) == ""); // Seen last.
  three.erase(three.begin());
  answered(1, three);
  answered(2, three);
  answered(3, three);
  BOOST_TEST(shown(mount("a")) == "2-3 Abnormal;");
  BOOST_TEST(store.rows("item").size() == 1u);
}

BOOST_AUTO_TEST_CASE(too_many_series_are_not_kept_and_told) {
  bound(100, 3);
  use({rule_over("$0 > 80", {matching("used", {})})});
  std::vector<series_value> values;
  for (int i = 0; i < 5; ++i)
    values.emplace_back("used", mount(std::to_string(i)), n(90));
  answered(0, values);
  BOOST_TEST(store.instances("item").size() == 4u); // Three, and the rule itself.
  BOOST_TEST(shown() == "0-0 Internal error (2 series that match are not kept "
                        "(check.max_matched_series));");
}

BOOST_AUTO_TEST_CASE(an_aggregate_of_some_of_its_series_is_none) {
  bound(100, 3);
  use({rule_over("$0 > 80", {aggregated("used", {}, "sum")})});
  std::vector<series_value> values;
  for (int i = 0; i < 3; ++i)
    values.emplace_back("used", mount(std::to_string(i)), n(90));
  answered(0, values);
  values.emplace_back("used", mount("3"), n(90));
  answered(1, values);
  failed(2);
  BOOST_TEST(shown() == "0-0 Abnormal;1-1 Internal error (1 series that match are not kept "
                        "(check.max_matched_series));2-2 No data (refused);");
}

BOOST_AUTO_TEST_CASE(forgotten_series_end_their_instances) {
  auto rule = rule_over("$0 > 80", {matching("used", {})});
  rule.no_data = "alert";
  use({rule});
  answered(0, {{"used", mount("/mnt"), n(90)}, {"used", mount("/"), n(1)}});
  for (int k = 1; k < 9; ++k)
    answered(k, {{"used", mount("/"), n(1)}});
  BOOST_TEST(shown(mount("/mnt")) ==
             "0-0 Abnormal;1-8 No data (no sample of used{mountpoint=/mnt});");
  BOOST_TEST(host->forget_unseen(at(5)).size() == 1u);
  auto r = answered(9, {{"used", mount("/"), n(1)}});
  BOOST_TEST_REQUIRE(r.alerts.size() == 1u);
  BOOST_TEST((r.alerts[0].labels == mount("/mnt")));
  BOOST_TEST(r.alerts[0].value == "");
  // Its slot may mean something else now.
  answered(10, {{"used", mount("/"), n(1)}, {"used", mount("/new"), n(90)}});
  BOOST_TEST(shown(mount("/mnt")) ==
             "0-0 Abnormal;1-8 No data (no sample of used{mountpoint=/mnt});");
  BOOST_TEST(shown(mount("/new")) == "10-10 Abnormal;");
}

BOOST_AUTO_TEST_CASE(what_rules_match_can_be_asked_for) {
  use({rule_over("$0 > $1 && $0 > cpu_count",
                 {matching("a", {{"x", "=~1"}}), aggregated("a", {{"x", "=~1"}}, "sum")})});
  auto all = host->matches();
  BOOST_TEST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].name == "a");
  BOOST_TEST((*all[0].match == matches{{"x", "=~1"}}));
  BOOST_TEST(all[1].name == "node_cpu_seconds_total");
}

BOOST_AUTO_TEST_CASE(reasons_name_what_is_near) {
  auto list = std::make_shared<const keep_list>(keep_list{"node_filesystem_avail_bytes"});
  host.emplace(period, "h1", list);
  auto slip = make_rule("item", "$0 > 1", {"node_filesystem_avial_bytes"});
  auto label = make_rule("label", "$0 > 1", {"node_filesystem_avail_bytes"});
  label.data_list[0].label = mount("/vra");
  auto match =
    rule_over("$0 > 1", {matching("node_filesystem_avail_bytes", {{"mountpoint", "=~/v"}})});
  match.check_item = "match";
  use({slip, label, match});
  answered(0,
           {{"node_filesystem_avail_bytes", mount("/"), n(1)},
            {"node_filesystem_avail_bytes", mount("/var"), n(1)}});
  BOOST_TEST(shown() == "0-0 No data (no such series: node_filesystem_avial_bytes; near: "
                        "node_filesystem_avail_bytes);");
  BOOST_TEST(store.rows("label")[0].reason ==
             "no series node_filesystem_avail_bytes{mountpoint=/vra}; it has {mountpoint=/}, "
             "{mountpoint=/var}");
  BOOST_TEST(store.rows("match")[0].reason ==
             "no series node_filesystem_avail_bytes{mountpoint=~/v}; it has {mountpoint=/}, "
             "{mountpoint=/var}");
}

BOOST_AUTO_TEST_CASE(what_lacks_history_is_not_yet_known) {
  use({make_rule("item", "rate(1m) > 1 || change(1m) > 5", {"a"}),
       make_rule("never", "rate(5s) > 1", {"a"}),
       make_rule("broken", "1 / $0 > 2", {"a"})});
  for (int k = 0; k < 3; ++k)
    answered(k, {{"a", {}, n(0)}});
  failed(3);
  answered(4, {{"a", {}, n(100)}});
  BOOST_TEST(shown() == "3-3 No data (refused);4-4 Abnormal;");
  // A window that can never be filled is an error.
  BOOST_TEST(store.rows("never").front().value == internal_error);
  BOOST_TEST(store.rows("broken").front().reason == "division by zero");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace instances_test
