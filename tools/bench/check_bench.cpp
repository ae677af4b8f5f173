#include "runtime/base/json_library.hpp"
#include "runtime/core/check/live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <deque>
#include <fstream>

/// Live judging of whole rounds on one core: hosts with 100 kept series and the rules of a file,
/// first until the longest windows are full, then measured; then the same of rules with matches and
/// of rules that are queries.
/// Prints JSON lines.
///
///     bench_check RULES.json
namespace {

using namespace aops;
using namespace aops::check;

constexpr int64_t period_ms = 15'000;
constexpr int hosts = 100, series = 100, fill_rounds = 250, measured_rounds = 40, runs = 5;

check_rule rule_of(const nlohmann::json& from) {
  check_rule rule;
  rule.check_item = from.at("check_item");
  rule.condition = from.at("condition");
  for (const auto& item : from.at("data_list"))
    rule.data_list.push_back({item.at("name"), "kpi", item.value("label", label_set{})});
  return rule;
}

std::shared_ptr<const rule_set> rules_of(const char* path) {
  std::ifstream file{path};
  auto all = nlohmann::json::parse(file);
  std::vector<rule_source> sources;
  for (const auto& x : all.at("check_items"))
    sources.push_back({rule_of(x), {}, 0});
  return rule_set::build(std::move(sources));
}

/// Rules over ten file systems: a join, an aggregate, one of each with windows and `for`.
std::shared_ptr<const rule_set> rules_with_matches() {
  auto matching = [](std::string name) {
    data_item item;
    item.name = std::move(name);
    item.match = std::map<std::string, std::string>{{"fstype", "!~tmpfs|overlay"}};
    return item;
  };
  std::vector<rule_source> sources;
  for (int i = 0; i < 5; ++i) {
    check_rule join, sum;
    join.check_item = fmt::format("join_{}", i);
    join.condition = fmt::format("$0 / $1 > 10 && avg(10m) > {}", i);
    join.data_list = {matching("avail"), matching("size")};
    join.for_ = "5m";
    sum.check_item = fmt::format("sum_{}", i);
    sum.condition = fmt::format("max(10m) < {}", i);
    sum.data_list = {matching("avail")};
    sum.data_list[0].agg = "sum";
    sources.push_back({std::move(join), {}, 0});
    sources.push_back({std::move(sum), {}, 0});
  }
  return rule_set::build(std::move(sources));
}

/// Queries over ten file systems, with windows up to an hour.
std::shared_ptr<const rule_set> rules_with_queries() {
  std::vector<rule_source> sources;
  for (int i = 0; i < 2; ++i)
    for (const char* condition : {"avail / size > 10",
                                  "rate(reads[5m]) < 0",
                                  "max_over_time(avail[30m]) < 0",
                                  "predict_linear(avail[1h], 14400) < -1e9",
                                  "sum by (instance) (rate(reads[5m])) < 0"}) {
      check_rule rule;
      rule.check_item = fmt::format("{}_{}", condition, i);
      rule.plugin = "promql";
      rule.condition = condition;
      rule.for_ = "5m";
      sources.push_back({std::move(rule), {}, 0});
    }
  return rule_set::build(std::move(sources));
}

/// One host and what its exporter says: hundredths that wander, none of them abnormal for long.
class simulated_host {
public:
  simulated_host(int k,
                 const std::shared_ptr<const rule_set>& rules,
                 std::shared_ptr<const keep_list> list)
      : checker_(period_ms, fmt::format("{:032x}", k), list) {
    checker_.set_rules(rules, {}, 0);
    for (const auto& s : checker_.kept().bound())
      samples_.push_back({s.slot, {}});
    for (const auto& x : checker_.matches())
      for (int i = 0; i < 10; ++i)
        if (auto slot =
              checker_.slot_of(x.name, {{"fstype", "ext4"}, {"mountpoint", fmt::format("/{}", i)}}))
          samples_.push_back({*slot, {}});
    for (const auto& name : *list)
      if (samples_.size() < series)
        if (auto slot = checker_.slot_of(name, {}))
          samples_.push_back({*slot, {}});
  }

  round_result round(int64_t n) {
    for (size_t i = 0; i < samples_.size(); ++i) {
      state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
      samples_[i].value = number::of(40 + static_cast<double>(state_ >> 33) / 4294967296.0 * 20);
    }
    return checker_.on_samples(checker_.offset_ms() + n * period_ms, samples_, 0.01);
  }

  size_t memory_bytes() const { return checker_.memory_bytes(); }

private:
  host_checker checker_;
  std::vector<sample> samples_;
  uint64_t state_ = 1;
};

void print(std::string_view name, double value, std::string_view unit) {
  fmt::print("{}\n", nlohmann::json{{"name", name}, {"value", value}, {"unit", unit}}.dump());
}

void measure(std::string_view what, const std::shared_ptr<const rule_set>& rules) {
  auto list = std::make_shared<keep_list>();
  for (int i = 0; i < series; ++i)
    list->insert(fmt::format("listed_{}", i));
  std::deque<simulated_host> fleet; // Hosts stay where they are.
  for (int k = 0; k < hosts; ++k)
    fleet.emplace_back(k, rules, list);
  int64_t n = 0;
  auto play = [&](int rounds) {
    size_t judged = 0;
    for (auto end = n + rounds; n < end; ++n)
      for (auto& host : fleet)
        judged += host.round(n).judged;
    return judged;
  };
  play(fill_rounds);
  std::vector<double> rates;
  for (int run = 0; run < runs; ++run) {
    auto begin = std::clock(); // CPU time: what else the machine does shows little.
    auto judged = static_cast<double>(play(measured_rounds));
    rates.push_back(judged * CLOCKS_PER_SEC / static_cast<double>(std::clock() - begin));
  }
  std::nth_element(rates.begin(), rates.begin() + runs / 2, rates.end());
  print(fmt::format("{}/rule_evaluations", what), rates[runs / 2], "1/s");
  print(fmt::format("{}/memory_of_a_host", what),
        static_cast<double>(fleet.front().memory_bytes()) / 1e6,
        "MB");
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: bench_check RULES.json\n");
    return 2;
  }
  try {
    measure("check", rules_of(argv[1]));
    measure("check_with_matches", rules_with_matches());
    measure("check_with_queries", rules_with_queries());
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_check: {}\n", e.what());
    return 1;
  }
  return 0;
}
