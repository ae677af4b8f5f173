#include <fmt/format.h>

#include "tools/simulate/model/scale.hpp"
#include "tools/simulate/model/world.hpp"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// `aops-simulate`: runs seeds of the simulated cluster.
using namespace aops::simulate;

namespace {

constexpr const char* usage =
  R"(aops-simulate --seed N [--trace]      one seed, and what happened in it
aops-simulate --seeds A..B            many; ends at the first that fails
aops-simulate --scale [--nodes N] [--hosts N]   what the cluster itself costs at that size
  --no-fencing | --no-bump | --no-calm   without a rule, to see that the checks notice
)";

struct arguments {
  uint64_t first = 0, last = 0;
  run_options options;
  uint64_t nodes = 100, hosts = 100'000;
  bool is_help = false, is_bad = false, is_scale = false;
};

bool to_number(std::string_view text, uint64_t& value) {
  std::string copy{text};
  char* end = nullptr;
  value = std::strtoull(copy.c_str(), &end, 10);
  return !copy.empty() && *end == '\0';
}

arguments parse(const std::vector<std::string_view>& words) {
  arguments a;
  bool has_seed = false;
  for (size_t i = 0; i < words.size(); ++i) {
    auto word = words[i];
    auto value = i + 1 < words.size() ? words[i + 1] : std::string_view{};
    if (word == "--help") {
      a.is_help = true;
    } else if (word == "--trace") {
      a.options.is_traced = true;
    } else if (word == "--no-fencing") {
      a.options.rules.has_fencing = false;
    } else if (word == "--no-bump") {
      a.options.rules.bumps_epochs = false;
    } else if (word == "--no-calm") {
      a.options.rules.waits_for_calm = false;
    } else if (word == "--scale") {
      a.is_scale = true;
    } else if (word == "--nodes" || word == "--hosts") {
      a.is_bad |= !to_number(value, word == "--nodes" ? a.nodes : a.hosts);
      ++i;
    } else if (word == "--seed") {
      has_seed = to_number(value, a.first);
      a.last = a.first;
      ++i;
    } else if (auto dots = value.find(".."); word == "--seeds" && dots != value.npos) {
      has_seed =
        to_number(value.substr(0, dots), a.first) && to_number(value.substr(dots + 2), a.last);
      ++i;
    } else {
      a.is_bad = true;
    }
  }
  a.is_bad |= !has_seed && !a.is_help && !a.is_scale;
  a.is_bad |= a.nodes < 2 || a.nodes > 250;
  return a;
}

void print_failure(const run_result& x, const run_options& options) {
  fmt::print("seed {} ({}) at {:.3f} s: {}\n",
             x.seed,
             to_string(x.kind),
             static_cast<double>(x.violated_at_ms) / 1000,
             x.violation);
  if (!options.is_traced)
    for (auto& line : x.last)
      fmt::print("  {}\n", line);
}

/// How long takeovers took, by kind of scenario.
struct takeovers {
  int64_t count = 0, sum = 0, most = 0;

  void add(int64_t ms) {
    ++count;
    sum += ms;
    most = std::max(most, ms);
  }
};

int run_seeds(const arguments& a) {
  std::map<scenario_kind, takeovers> times;
  uint64_t events = 0, fenced = 0, changes = 0;
  auto began = std::chrono::steady_clock::now();
  for (auto seed = a.first; seed <= a.last; ++seed) {
    auto x = run_seed(seed, a.options);
    if (!x.violation.empty()) {
      print_failure(x, a.options);
      return 1;
    }
    events += x.events;
    fenced += x.fenced;
    changes += x.ownership_changes;
    if (x.takeover_ms >= 0)
      times[x.kind].add(x.takeover_ms);
    if (a.first == a.last)
      fmt::print(
        "seed {} ({}): all invariants hold; digest {:016x}\n", seed, to_string(x.kind), x.digest);
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(
    "{} seeds in {:.1f} s: {} events, {} changes of ownership, {} writes fenced, no invariant "
    "broken\n",
    a.last - a.first + 1,
    took.count(),
    events,
    changes,
    fenced);
  for (auto& [kind, t] : times)
    fmt::print("  {:<10} taken over in {} ms on average, {} ms at most\n",
               to_string(kind),
               t.sum / t.count,
               t.most);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  auto a = parse({argv + 1, argv + argc});
  if (a.is_help || a.is_bad) {
    std::fputs(usage, a.is_bad ? stderr : stdout);
    return a.is_bad ? 2 : 0;
  }
  if (a.is_scale) {
    std::fputs(
      to_table(measure_scale(static_cast<int>(a.nodes), static_cast<int64_t>(a.hosts))).c_str(),
      stdout);
    return 0;
  }
  return run_seeds(a);
}
