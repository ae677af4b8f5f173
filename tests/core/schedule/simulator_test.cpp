#include <boost/test/unit_test.hpp>

#include "tools/simulate/model/scale.hpp"
#include "tools/simulate/model/world.hpp"
#include <algorithm>
#include <future>
#include <map>

namespace simulator_test {

using namespace aops::simulate;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t seed_count = 400; // Ten times slower there.
#else
constexpr uint64_t seed_count = 10'000;
#endif

/// What a shard of the seeds brought.
struct summary {
  std::vector<run_result> broken;
  std::map<scenario_kind, int64_t> slowest_ms;
  std::map<scenario_kind, int> runs;
  uint64_t fenced = 0;
};

summary run_shard(uint64_t first, uint64_t step) {
  summary s;
  for (auto seed = first; seed < seed_count; seed += step) {
    auto x = run_seed(seed);
    ++s.runs[x.kind];
    s.fenced += x.fenced;
    s.slowest_ms[x.kind] = std::max(s.slowest_ms[x.kind], x.takeover_ms);
    if (!x.violation.empty())
      s.broken.push_back(std::move(x));
  }
  return s;
}

void report(const run_result& x) {
  BOOST_ERROR("seed " << x.seed << " (" << to_string(x.kind) << ") at " << x.violated_at_ms
                      << " ms: " << x.violation << "; replay: tools/dev simulate --seed " << x.seed
                      << " --trace");
  for (auto& line : x.last)
    BOOST_TEST_MESSAGE(line);
}

/// The first seed below `limit` in which something breaks.
run_result find_violation(const mutations& rules, uint64_t limit) {
  for (uint64_t seed = 0; seed < limit; ++seed)
    if (auto x = run_seed(seed, {rules, false}); !x.violation.empty())
      return x;
  return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(no_seed_breaks_an_invariant) {
  auto other = std::async(std::launch::async, run_shard, 1, 2);
  auto all = run_shard(0, 2);
  auto odd = other.get();
  all.fenced += odd.fenced;
  all.broken.insert(all.broken.end(), odd.broken.begin(), odd.broken.end());
  for (auto& [kind, ms] : odd.slowest_ms)
    all.slowest_ms[kind] = std::max(all.slowest_ms[kind], ms);
  for (auto& [kind, count] : odd.runs)
    all.runs[kind] += count;
  for (size_t i = 0; i < all.broken.size() && i < 5; ++i)
    report(all.broken[i]);
  BOOST_TEST(all.broken.size() == 0U);
  // The runs have to be worth something: every kind occurred, and the fence had to hold.
  BOOST_TEST(all.runs.size() == 8U);
  BOOST_TEST(all.fenced > 0U);
  for (auto [kind, bound_ms] : {std::pair{scenario_kind::crash, 3000},
                                std::pair{scenario_kind::pause, 10'000},
                                std::pair{scenario_kind::partition, 10'000},
                                std::pair{scenario_kind::drain, 5000}}) {
    BOOST_TEST(all.slowest_ms[kind] > 0, to_string(kind));
    BOOST_TEST(all.slowest_ms[kind] <= bound_ms, to_string(kind));
  }
}

BOOST_AUTO_TEST_CASE(a_seed_replays_exactly) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    auto a = run_seed(seed), b = run_seed(seed);
    BOOST_TEST(a.digest == b.digest);
    BOOST_TEST(a.events == b.events);
  }
  BOOST_TEST(run_seed(1).digest != run_seed(11).digest);
}

BOOST_AUTO_TEST_CASE(without_fencing_a_late_write_of_a_paused_owner_is_noticed) {
  auto x = find_violation({.has_fencing = false}, 300);
  BOOST_TEST(x.violation.find("wrote to slot") != std::string::npos, x.violation);
  BOOST_TEST(!x.last.empty());
}

BOOST_AUTO_TEST_CASE(an_owner_under_the_same_epoch_is_noticed) {
  auto x = find_violation({.bumps_epochs = false}, 300);
  BOOST_TEST(x.violation.find("under the same epoch") != std::string::npos, x.violation);
}

BOOST_AUTO_TEST_CASE(a_leader_that_does_not_wait_for_calm_after_an_outage_is_noticed) {
  auto x = find_violation({.waits_for_calm = false}, 300);
  BOOST_TEST(x.violation.find("only the store was away") != std::string::npos, x.violation);
}

BOOST_AUTO_TEST_CASE(what_a_bigger_cluster_costs_is_counted) {
  auto x = measure_scale(8, 8000);
  BOOST_TEST(x.renewals > 7.5);
  BOOST_TEST(x.renewals < 8.5);
  BOOST_TEST(x.takeover_ms > 0); // Of the leader.
  BOOST_TEST(x.takeover_ms <= 3000);
  BOOST_TEST(x.takeover_plans == 1);
  BOOST_TEST(x.takeover_news >= 7);
  BOOST_TEST(x.join_moves == 256 / 9);
}

} // namespace simulator_test
