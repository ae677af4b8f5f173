#include "tools/simulate/model/scenario.hpp"

#include "tools/simulate/model/virtual_time.hpp"
#include <algorithm>

namespace aops::simulate {

namespace {

constexpr int64_t first_fault_ms = 18'000;

struct maker {
  random_source random;
  scenario s;

  void add(int64_t at_ms, fault_kind kind, int node = -1, int peer = -1, int64_t amount = 0) {
    s.faults.push_back({at_ms, kind, node, peer, amount});
  }

  int any_node() { return static_cast<int>(random.between(0, s.nodes - 1)); }
  int64_t begin() { return random.between(first_fault_ms, 32'000); }
  /// An end after `begin_ms` that leaves time to settle.
  int64_t end_of(int64_t begin_ms, int64_t least_ms, int64_t most_ms) {
    return std::min(begin_ms + random.between(least_ms, most_ms), s.quiet_from_ms);
  }

  void watch(int64_t at_ms, int node, int64_t bound_ms) {
    s.watched_at_ms = at_ms;
    s.watched = node;
    s.bound_ms = bound_ms;
  }

  void crash(int64_t at, bool is_watched) {
    auto node = any_node();
    add(at, fault_kind::crash, node);
    auto back = at + random.between(is_watched ? 4000 : 50, 15'000);
    if (back <= s.quiet_from_ms)
      add(back, fault_kind::start, node);
    if (is_watched)
      watch(at, node, 3000);
  }

  void pause(int64_t at, bool is_watched) {
    auto node = any_node();
    add(at, fault_kind::pause, node);
    add(end_of(at, is_watched ? 11'000 : 100, is_watched ? 13'000 : 15'000),
        fault_kind::resume,
        node);
    if (is_watched)
      watch(at, node, 10'000);
  }

  void cut_from_store(int64_t at, bool is_watched) {
    auto node = any_node();
    auto way = random.between(0, 2); // To it, from it, both.
    if (way != 1)
      add(at, fault_kind::cut, node, -1);
    if (way != 0)
      add(at, fault_kind::cut_back, node);
    if (is_watched || random.chance(50)) // From the peers too, else only from the store.
      for (int peer = 0; peer < s.nodes; ++peer)
        if (peer != node && (is_watched || random.chance(60))) {
          add(at, fault_kind::cut, node, peer);
          if (random.chance(70))
            add(at, fault_kind::cut, peer, node);
        }
    add(end_of(at, is_watched ? 11'000 : 200, 13'000), fault_kind::heal);
    if (is_watched)
      watch(at, node, 10'000);
  }

  void cut_links(int64_t at) {
    auto count = random.between(1, s.nodes * 2);
    for (int64_t i = 0; i < count; ++i) {
      auto from = any_node(), to = any_node();
      if (from != to)
        add(at, fault_kind::cut, from, to);
    }
    add(end_of(at, 500, 12'000), fault_kind::heal);
  }

  void outage(int64_t at, bool is_alone) {
    add(at, random.chance(50) ? fault_kind::refuse : fault_kind::hang);
    auto jump = !is_alone && random.chance(30) ? random.between(-2000, 3000) : 0;
    add(end_of(at, 100, 20'000), fault_kind::restore, -1, -1, jump);
  }

  void shaky_store(int64_t at) {
    if (random.chance(60))
      add(at, fault_kind::slow, -1, -1, random.between(50, 2500));
    if (random.chance(60))
      add(at, fault_kind::lossy, -1, -1, random.between(2, 40));
    add(end_of(at, 2000, 20'000), fault_kind::smooth);
  }

  void leave(int64_t at, bool is_watched) {
    auto node = any_node();
    auto ends = random.chance(50);
    add(at, ends ? fault_kind::terminate : fault_kind::drain, node);
    auto back = at + random.between(is_watched ? 6000 : 500, 14'000);
    if (back <= s.quiet_from_ms && random.chance(70))
      add(back, ends ? fault_kind::start : fault_kind::undrain, node);
    if (is_watched)
      watch(at, node, 5000);
  }

  void accuse(int64_t at) {
    auto node = any_node(), peer = any_node();
    if (node != peer)
      add(at, fault_kind::accuse, node, peer);
  }

  void anything() {
    auto at = begin();
    switch (random.between(0, 8)) {
    case 0:
      return crash(at, false);
    case 1:
      return crash(at, false);
    case 2:
      return pause(at, false);
    case 3:
      return cut_from_store(at, false);
    case 4:
      return cut_links(at);
    case 5:
      return outage(at, false);
    case 6:
      return shaky_store(at);
    case 7:
      return leave(at, false);
    default:
      return accuse(at);
    }
  }

  void choose(uint64_t seed) {
    switch (seed % 10) {
    case 1:
      s.kind = scenario_kind::crash;
      return crash(begin(), true);
    case 2:
      s.kind = scenario_kind::pause;
      return pause(begin(), true);
    case 3:
      s.kind = scenario_kind::partition;
      return cut_from_store(begin(), true);
    case 4:
      s.kind = scenario_kind::outage;
      return outage(begin(), true);
    case 5:
      s.kind = scenario_kind::shaky;
      shaky_store(begin());
      return shaky_store(begin());
    case 6:
      s.kind = scenario_kind::drain;
      return leave(begin(), true);
    case 7:
      s.kind = scenario_kind::accused;
      accuse(begin());
      accuse(begin());
      return cut_links(begin());
    default:
      for (auto n = random.between(2, 5); n > 0; --n)
        anything();
    }
  }

  /// Whoever runs at the end does so unhindered.
  void finish() {
    std::stable_sort(
      s.faults.begin(), s.faults.end(), [](auto& a, auto& b) { return a.at_ms < b.at_ms; });
    add(s.quiet_from_ms, fault_kind::heal);
    add(s.quiet_from_ms, fault_kind::restore);
    add(s.quiet_from_ms, fault_kind::smooth);
    add(s.quiet_from_ms, fault_kind::undrain, 0);
    add(s.quiet_from_ms, fault_kind::start, 0); // Somebody has to be there.
    for (int node = 0; node < s.nodes; ++node)
      add(s.quiet_from_ms, fault_kind::resume, node);
  }
};

} // namespace

scenario make_scenario(uint64_t seed) {
  maker m{random_source{seed}, {}};
  m.s.nodes = static_cast<int>(m.random.between(3, 5));
  m.s.timing.most_moves = 8;
  for (int node = 0; node < m.s.nodes; ++node)
    m.add(m.random.between(0, 3000), fault_kind::start, node);
  m.choose(seed);
  m.finish();
  return m.s;
}

} // namespace aops::simulate
