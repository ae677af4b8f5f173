#pragma once

#include "runtime/core/schedule/cluster_rules.hpp"

#include "tools/simulate/model/scenario.hpp"
#include "tools/simulate/model/store_model.hpp"
#include "tools/simulate/model/trace.hpp"
#include "tools/simulate/model/virtual_time.hpp"
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace aops::simulate {

/// What lives in a slot at its owner: one host and the slot's jobs.
struct entity {
  uint64_t epoch = 0; ///< Under which it was started and writes all its life; 0: there is none.
  uint32_t generation = 0;
  bool is_started = false; ///< It knows its cursor: it samples.
  bool is_fresh = false;   ///< It knows what the store has; not after an outcome it did not hear.
  bool is_busy = false;    ///< A transaction or a unit is under way.
  bool is_ending = false;
  int64_t cursor = -1;           ///< Last round stored.
  int64_t first = -1, last = -1; ///< Rounds sampled, perhaps not yet stored; -1: none.
  std::vector<std::pair<uint32_t, uint32_t>> jobs; ///< Number and units done.
};

/// A process of a node, or its absence.
struct node_state {
  uint32_t life = 1; ///< Of its process; the next one's is higher.
  bool is_running = false, is_paused = false;
  bool is_draining = false;    ///< As this process was told.
  bool is_terminating = false; ///< Leaves once it is drained.
  int64_t clock_offset_ms = 0; ///< Of its monotonic clock…
  int64_t drift_ppm = 0;       ///< …and how much faster it runs.
  schedule::node_memory memory;
  schedule::cluster_view view;
  bool is_busy = false;                   ///< The membership waits for the store.
  bool has_news = false;                  ///< It renews again at once.
  std::vector<int64_t> heard_ms;          ///< By peer: last answer.
  std::vector<int64_t> peer_incarnations; ///< By peer: from its hello.
  std::vector<entity> entities;           ///< By slot.
  std::vector<event> backlog;             ///< What waits until it is resumed.
};

struct run_options {
  mutations rules;
  bool is_traced = false;
};

/// How a run ended.
struct run_result {
  uint64_t seed = 0;
  std::string violation; ///< Empty: all invariants held.
  int64_t violated_at_ms = 0;
  std::vector<std::string> last; ///< What happened before.
  uint64_t digest = 0, events = 0, fenced = 0, ownership_changes = 0;
  int64_t takeover_ms = -1; ///< From the watched fault; -1: nothing was watched.
  scenario_kind kind = scenario_kind::mixed;
  // For the table of sizes.
  uint64_t renewals = 0, map_reads = 0, plans = 0, pulses = 0, news = 0;
  int64_t last_change_ms = 0; ///< When the map changed last.
};

/// Nodes, network, store and clients in virtual time. The nodes decide by `schedule::decide`.
class world {
public:
  world(scenario s, uint64_t seed, run_options options);
  run_result run();

private:
  // -- events (world.cpp)
  void handle(const event& x);
  void handle_of_node(const event& x);
  void push(event_kind kind, int64_t in_ms, int node = -1, int peer = -1, uint16_t slot = 0);
  void note(const char* what, int node, int64_t a = 0, int64_t b = 0, int64_t c = 0);
  void fail(std::string text);
  int64_t clock_of(const node_state& n) const;
  int64_t local(const node_state& n, int64_t ms) const;

  // -- network and store (world_store.cpp)
  bool is_cut(int from, int to) const;
  int64_t travel();
  uint32_t make_request(request_kind kind, int node);
  void push_request(event_kind kind, uint32_t id, int64_t in_ms);
  void release_request(uint32_t id);
  void send(uint32_t id);
  void reach_store(uint32_t id);
  void reach_commit(uint32_t id);
  void answer(uint32_t id, event_kind kind);
  void hear_granted(uint32_t id);
  int64_t store_ms() const { return now_ms_ + store_offset_ms_; }

  // -- membership (world_membership.cpp)
  void start(int node);
  void stop(int node);
  void renew(int node);
  void hear(uint32_t id, bool is_lost);
  void hear_membership(int node, request& x, bool is_lost);
  void step(int node);
  void finish(int node, bool at_once);
  void tell_peers(int node);
  void ask_to_join(int node);
  void check_links(int node);
  void suspect(int node, int peer, bool is_strong);

  // -- owners and clients (world_owner.cpp)
  void adopt(int node, uint16_t slot, uint64_t epoch);
  void drop(int node, uint16_t slot);
  void begin_release(int node, uint16_t slot);
  void end_release(int node, uint16_t slot);
  void sample(int node);
  void work(int node, uint16_t slot);
  void ask_for(int node, uint16_t slot, request_kind kind, int64_t from = 0, int64_t to = 0);
  void hear_owner(request& x, bool is_lost);
  void look(int node);
  void unit_worked(const event& x);
  void call_client(uint32_t job);

  // -- faults and checks (world_faults.cpp)
  void break_something(const fault& x);
  void watch();
  void check_owned();
  void check_end();
  bool is_settled(int without) const;
  void check_sure(int node);

  scenario scenario_;
  run_options options_;
  random_source random_;
  event_queue queue_;
  store_model store_;
  trace trace_;
  std::vector<node_state> nodes_;
  std::deque<request> requests_;
  std::vector<uint32_t> free_requests_;
  std::vector<uint8_t> cuts_;            ///< From × to; the store is the last one.
  std::vector<uint8_t> is_acknowledged_; ///< By job.
  int64_t now_ms_ = 0;
  int64_t store_offset_ms_ = 1'000'000'000;
  int64_t slow_ms_ = 0, lost_percent_ = 0;
  bool is_refusing_ = false, is_hanging_ = false, has_jumped_ = false;
  uint64_t changes_before_ = 0;
  int64_t missed_before_ = 0;
  run_result result_;
};

/// One seed from beginning to end.
run_result run_seed(uint64_t seed, const run_options& options = {});

std::string to_string(scenario_kind kind);

} // namespace aops::simulate
