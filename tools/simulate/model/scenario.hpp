#pragma once

#include "runtime/core/schedule/node_memory.hpp"

#include <cstdint>
#include <vector>

namespace aops::simulate {

enum class fault_kind : uint8_t {
  start,     ///< The process of `node` starts (again).
  crash,     ///< Its process is killed.
  pause,     ///< SIGSTOP.
  resume,    ///< SIGCONT.
  cut,       ///< What `node` sends to `peer` is lost; `peer` = -1: to the store.
  cut_back,  ///< What the store sends to `node` is lost.
  heal,      ///< All cuts end.
  refuse,    ///< The store refuses connections.
  hang,      ///< The store does not answer.
  restore,   ///< The store is back; after `amount` != 0 its clock is that much further.
  slow,      ///< Each transaction takes up to `amount` ms more.
  lossy,     ///< `amount` percent of the answers get lost.
  smooth,    ///< Neither slow nor lossy any more.
  drain,     ///< An operator drains it.
  undrain,   ///< He lets it take slots again.
  terminate, ///< SIGTERM: drains, leaves, ends.
  accuse,    ///< `node` wrongly takes `peer` for dead, on strong evidence.
};

struct fault {
  int64_t at_ms = 0;
  fault_kind kind = fault_kind::start;
  int node = -1;
  int peer = -1;
  int64_t amount = 0;
};

/// What kinds of seeds there are; `seed % 10` chooses.
enum class scenario_kind : uint8_t {
  mixed,
  crash,
  pause,
  partition,
  outage,
  shaky,
  drain,
  accused
};

/// A run of the world: everything follows from it and its seed.
struct scenario {
  scenario_kind kind = scenario_kind::mixed;
  int nodes = 3;
  int slots = 32;
  int jobs = 12;
  int64_t sample_ms = 5000;
  int64_t end_ms = 80'000;
  int64_t quiet_from_ms = 45'000; ///< No fault after it.
  std::vector<fault> faults;      ///< By time.
  int64_t watched_at_ms = -1;     ///< The fault whose takeover is timed.
  int watched = -1;               ///< Who must own nothing any more…
  int64_t bound_ms = 0;           ///< …so long after it.
  schedule::cluster_timing timing;
};

scenario make_scenario(uint64_t seed);

} // namespace aops::simulate
