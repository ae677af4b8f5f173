#include "runtime/core/fault/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

/// Diagnosis of one slice on one core: engine only (value, verdict, root causes), then with report
/// JSON and hash, and the search for what would decide. Prints one JSON object per line: name,
/// value, unit; medians of 7 runs.
namespace {

using namespace aops;
using namespace aops::fault;

/// A tree of exactly `nodes` nodes: branches of up to five children, conditions with every
/// operator.
nlohmann::ordered_json sample_tree(size_t nodes) {
  size_t made = 0;
  auto branch = [&](auto& self, size_t budget) -> nlohmann::ordered_json {
    auto id = made++;
    auto children = nlohmann::ordered_json::array();
    std::string condition;
    --budget;
    for (size_t left = std::min<size_t>(5, budget); left > 0; --left) {
      auto share = budget / left;
      budget -= share;
      nlohmann::ordered_json child;
      if (share > 1)
        child = self(self, share);
      if (child.is_null()) {
        auto leaf = made++;
        child = {{"node name", fmt::format("leaf {}", leaf)},
                 {"value", nullptr},
                 {"check item", fmt::format("item_{}", leaf)}};
      }
      std::string name = child["node name"];
      auto joins = std::array{" || ", " && "};
      if (!condition.empty())
        condition += joins[left % 2];
      condition += left == 3 ? "!(" + name + ")" : name;
      children.push_back(std::move(child));
    }
    return {{"node name", fmt::format("branch {}", id)},
            {"value", nullptr},
            {"condition", condition},
            {"description", "what this branch stands for"},
            {"advice", "what to do about it"},
            {"children", children}};
  };
  return branch(branch, nodes);
}

/// One slice's data: some items abnormal, some without data.
struct slice_data {
  std::vector<leaf_state> states;
  std::vector<std::vector<result>> results;
  std::vector<evidence_sample> samples;
  std::vector<item_data> items;
};

constexpr slice when{0, 60'000};

slice_data random_data(const tree& of, std::mt19937& random, double missing) {
  slice_data out;
  std::uniform_real_distribution<double> share(0, 1);
  out.samples = {{15'000, number::of(97.5)}, {30'000, number::of(98.25)}};
  for (size_t i = 0; i < of.items().size(); ++i) {
    auto x = share(random);
    auto state = x < missing ? leaf_state::no_data
                 : x < 0.3   ? leaf_state::abnormal
                             : leaf_state::normal;
    out.states.push_back(state);
    out.results.emplace_back();
    if (state != leaf_state::normal)
      out.results.back() = {{15'000, 30'000, state}};
  }
  for (size_t i = 0; i < of.items().size(); ++i)
    out.items.push_back({out.results[i],
                         out.states[i] == leaf_state::abnormal
                           ? std::span<const evidence_sample>(out.samples)
                           : std::span<const evidence_sample>(),
                         true});
  return out;
}

/// Median of seven runs, in microseconds of CPU time per call: what else the machine does shows
/// little.
template <class Work>
double measure(size_t calls, Work work) {
  std::vector<double> runs;
  for (int run = 0; run < 7; ++run) {
    auto begin = std::clock();
    for (size_t i = 0; i < calls; ++i)
      work(i);
    runs.push_back(1e6 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC /
                   static_cast<double>(calls));
  }
  std::nth_element(runs.begin(), runs.begin() + 3, runs.end());
  return runs[3];
}

void print(std::string_view name, double value) {
  fmt::print("{}\n", nlohmann::json{{"name", name}, {"value", value}, {"unit", "us"}}.dump());
}

void bench(size_t nodes) {
  auto parsed = tree::parse(sample_tree(nodes));
  if (!parsed || parsed->nodes().size() != nodes) {
    fmt::print(
      stderr, "no tree of {} nodes: {}\n", nodes, parsed ? "wrong size" : parsed.error().detail);
    std::exit(1);
  }
  auto of = std::make_shared<const tree>(std::move(*parsed));
  std::mt19937 random(11);
  std::vector<slice_data> known, missing;
  for (int i = 0; i < 64; ++i) {
    known.push_back(random_data(*of, random, 0));
    missing.push_back(random_data(*of, random, 0.15));
  }
  evaluator engine(of);
  reporter reports(of,
                   std::vector<item_rule>(of->items().size(), {std::string(64, 'd'), "$0 > 90"}));
  size_t sink = 0;
  auto prefix = fmt::format("fault/{}_nodes/", nodes);
  print(prefix + "engine", measure(20'000, [&](size_t i) {
          engine.run(known[i % known.size()].states);
          sink += engine.root_causes().size() + engine.value();
        }));
  print(prefix + "report_and_hash", measure(2'000, [&](size_t i) {
          auto report = reports.make(when, known[i % known.size()].items);
          sink += report_text(of, report.values)->size();
        }));
  print(prefix + "report_and_hash_missing_data", measure(2'000, [&](size_t i) {
          auto report = reports.make(when, missing[i % missing.size()].items);
          sink += report_text(of, report.values)->size();
        }));
  print(prefix + "undecided", measure(500, [&](size_t i) {
          engine.run(missing[i % missing.size()].states);
          sink += engine.undecided().sets.size();
        }));
  print(prefix + "undecided_nothing_known", measure(500, [&](size_t i) {
          std::vector<leaf_state> all(
            of->items().size(), i % 2 == 0 ? leaf_state::no_data : leaf_state::internal_error);
          engine.run(all);
          sink += engine.undecided().sets.size();
        }));
  if (sink == 0)
    std::exit(1);
}

} // namespace

int main() {
  bench(23);
  bench(200);
}
