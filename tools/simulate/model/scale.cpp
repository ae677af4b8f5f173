#include "tools/simulate/model/scale.hpp"

#include <fmt/format.h>

#include "tools/simulate/model/world.hpp"
#include <chrono>
#include <utility>

namespace aops::simulate {

namespace {

// A renewal of `cluster_repository`: begin, clock, own row, leader's row, versions, members,
// commit.
constexpr double statements_per_renewal = 7;
// A pulse and its answer on the wire: message, CAF's header, TLS record, TCP and IP headers.
constexpr double bytes_per_pulse = 2 * 170;
constexpr double sample_period_s = 15;
constexpr int slot_count = 256;

scenario quiet(int nodes, int64_t end_ms) {
  scenario s;
  s.nodes = nodes;
  s.slots = slot_count;
  s.jobs = 0;
  s.end_ms = s.quiet_from_ms = end_ms;
  for (int node = 0; node < nodes; ++node)
    s.faults.push_back({node * 10, fault_kind::start, node});
  return s;
}

run_result run(scenario s) { return world{std::move(s), 1, {}}.run(); }

void count_rest(scale_figures& x) {
  auto a = run(quiet(x.nodes, 60'000)), b = run(quiet(x.nodes, 80'000));
  x.renewals = static_cast<double>(b.renewals - a.renewals) / 20;
  x.statements = x.renewals * statements_per_renewal;
  x.rows_read = x.renewals * (x.nodes + 5);
  x.pulses = static_cast<double>(b.pulses - a.pulses) / 20;
  x.bytes_per_node = x.pulses * bytes_per_pulse * 2 / x.nodes; // Each has two ends.
  x.sample_rows = static_cast<double>(x.hosts) / sample_period_s;
}

constexpr int64_t fault_ms = 60'000;

/// The same run without and with what happens at `fault_ms`.
std::pair<run_result, run_result> compare(scenario s) {
  auto shorter = s;
  shorter.end_ms = fault_ms - 1;
  return {run(shorter), run(s)};
}

void count_takeover(scale_figures& x) {
  auto s = quiet(x.nodes, fault_ms + 10'000);
  s.faults.push_back({fault_ms, fault_kind::crash, 0}); // The first to start leads.
  s.watched_at_ms = fault_ms;
  s.watched = 0;
  s.bound_ms = 5000;
  auto [before, after] = compare(s);
  x.takeover_ms = after.takeover_ms;
  x.takeover_news = static_cast<int64_t>(after.news - before.news);
  x.takeover_map_reads = static_cast<int64_t>(after.map_reads - before.map_reads);
  x.takeover_plans = static_cast<int64_t>(after.plans - before.plans);
}

void count_join(scale_figures& x) {
  auto s = quiet(x.nodes, fault_ms + 30'000);
  s.nodes += 1;
  s.faults.push_back({fault_ms, fault_kind::start, x.nodes});
  auto [before, after] = compare(s);
  x.join_ms = after.last_change_ms - fault_ms;
  x.join_plans = static_cast<int64_t>(after.plans - before.plans);
  x.join_moves = static_cast<int64_t>(after.ownership_changes - before.ownership_changes);
}

/// A cluster at rest as one of its nodes sees it.
struct snapshot {
  schedule::cluster_view view;
  schedule::node_memory memory;
  schedule::cluster_timing timing;

  snapshot(int nodes, int me) {
    view.now_ms = 100'000;
    view.leader = {node_name(0), 2, 104'000};
    std::vector<schedule::placed_node> placed;
    for (int i = 0; i < nodes; ++i) {
      schedule::member m;
      m.node = node_name(i);
      m.incarnation = m.protocol = 1;
      m.state = schedule::member_state::alive;
      m.until_ms = 104'000;
      view.members.push_back(m);
      placed.push_back({m.node, schedule::placement_role::receiver});
    }
    view.slots.resize(slot_count);
    for (auto& m : schedule::plan_placement(view.slots, placed, slot_count).assigned)
      view.slots[m.slot] = {m.to, 1, ""};
    memory.node = node_name(me);
    memory.protocol = 1;
    memory.joined(1);
    memory.renewed(view, timing, 0);
    memory.calm_since_ms = 0;
    memory.led_epoch = me == 0 ? 2 : 0;
    for (uint16_t slot = 0; slot < slot_count; ++slot)
      memory.epochs[slot] = view.slots[slot].node == memory.node;
  }

  double time_us() const {
    constexpr int rounds = 200;
    size_t count = 0;
    auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i)
      count += schedule::decide(view, memory, timing, 1).size();
    std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    return count > 0x7fffffff ? 0 : took.count() / rounds;
  }
};

void time_decisions(scale_figures& x) {
  x.follower_us = snapshot{x.nodes, 1}.time_us();
  snapshot leader{x.nodes, 0};
  x.leader_us = leader.time_us();
  auto death = leader;
  death.view.members.back().until_ms = 90'000;
  x.death_us = death.time_us();
  auto join = leader;
  auto newcomer = join.view.members.back();
  newcomer.node = node_name(x.nodes);
  join.view.members.push_back(newcomer);
  x.join_us = join.time_us();
}

} // namespace

scale_figures measure_scale(int nodes, int64_t hosts) {
  scale_figures x;
  x.nodes = nodes;
  x.hosts = hosts;
  count_rest(x);
  count_takeover(x);
  count_join(x);
  time_decisions(x);
  return x;
}

std::string to_table(const scale_figures& x) {
  return fmt::format(
    "| {} nodes, {} hosts, 256 slots | |\n|---|---|\n"
    "| at rest: renewals per second | {:.0f} |\n"
    "| statements per second at the store for them | {:.0f} |\n"
    "| rows read per second for them | {:.0f} |\n"
    "| sample rows per second, for comparison | {:.0f} |\n"
    "| pulses between nodes per second | {:.0f} |\n"
    "| bytes per second and node on links | {:.0f} |\n"
    "| the leader killed: all slots at work again, ms (virtual, without loading hosts) | {} |\n"
    "| messages between nodes for it | {} |\n"
    "| readings of the whole map for it | {} |\n"
    "| plans of the leader for it | {} |\n"
    "| a node joins: even again, ms (virtual, without ending hosts) | {} |\n"
    "| slots moved for it | {} |\n"
    "| plans of the leader for it | {} |\n"
    "| `decide` at a follower, µs | {:.1f} |\n"
    "| `decide` at the leader at rest, µs | {:.1f} |\n"
    "| `decide` at the leader when a node died, µs | {:.1f} |\n"
    "| `decide` at the leader when a node joined, µs | {:.1f} |\n",
    x.nodes,
    x.hosts,
    x.renewals,
    x.statements,
    x.rows_read,
    x.sample_rows,
    x.pulses,
    x.bytes_per_node,
    x.takeover_ms,
    x.takeover_news,
    x.takeover_map_reads,
    x.takeover_plans,
    x.join_ms,
    x.join_moves,
    x.join_plans,
    x.follower_us,
    x.leader_us,
    x.death_us,
    x.join_us);
}

} // namespace aops::simulate
