#pragma once

#include "messages/cluster_view.hpp"
#include "runtime/core/schedule/cluster_actions.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aops::simulate {

enum class request_kind : uint8_t {
  join,
  renew,
  take,      ///< The leader's lease.
  change,    ///< As the leader: declare gone, assign, set targets.
  hand_over, ///< As the owner.
  set_state, ///< Drain or not.
  leave,
  create_job,
  look,   ///< In which of its slots are open jobs?
  load,   ///< Owner: cursor and open jobs of a slot, within the fence.
  sample, ///< Owner: rounds of samples and the cursor.
  unit    ///< Owner: results of a unit.
};

enum class outcome : uint8_t { ok, refused, fenced, failed };

/// A transaction on its way, at work, or answered.
struct request {
  request_kind kind = request_kind::renew;
  int node = -1;
  uint32_t life = 0;
  int uses = 0; ///< Events that mention it.
  bool is_abandoned = false, is_slowed = false, is_granted = false, is_done = false;
  bool is_committing = false;
  int64_t waits_since_ms = -1; ///< For the lock of a row.
  // What is asked.
  int64_t incarnation = 0;
  uint64_t epoch = 0; ///< Of the leader, or of the slot.
  bool flag = false;
  std::vector<schedule::declare_gone> gone;
  std::vector<schedule::slot_move> assigned, targeted;
  uint16_t slot = 0;
  uint32_t generation = 0;  ///< Of the entity that asks.
  int64_t from = 0, to = 0; ///< Rounds; or job and unit.
  int64_t started_ms = 0;   ///< By the node's monotonic clock.
  int64_t map_version = 0;
  // The answer.
  outcome result = outcome::failed;
  int64_t number = 0; ///< New incarnation or epoch, or the cursor.
  bool has_slots = false;
  schedule::cluster_view view;
  std::vector<std::pair<uint32_t, uint32_t>> jobs; ///< Open ones: number and units done.

  bool is_owners() const { return kind >= request_kind::load; }
};

/// What the rules of the store may be robbed of, to show that the checks would notice.
struct mutations {
  bool has_fencing = true;    ///< A write needs the epoch that the owner holds.
  bool bumps_epochs = true;   ///< An assignment changes the epoch.
  bool waits_for_calm = true; ///< After an outage expired leases do not count at once.
};

struct host_row {
  int64_t first = -1, cursor = -1, rounds = 0;
  int64_t missed() const { return first < 0 ? 0 : cursor - first + 1 - rounds; }
};

struct job_row {
  bool exists = false;
  uint16_t slot = 0;
  uint32_t units = 0;
  uint32_t done = 0; ///< Bits.
  bool is_open() const { return exists && done != (1U << units) - 1; }
};

/// The SQL store: one copy, transactions in the order of their commits, row locks on slots between
/// an owner's fence and its commit. Statements are those of `runtime/io/storage`.
class store_model {
public:
  store_model(int slots, int jobs, int64_t lease_ms, mutations m);

  /// A transaction of one trip. Slots it changes must not be locked.
  void execute(request& x, int64_t now_ms);
  /// Whether it would have to wait for a row.
  bool is_blocked(const request& x) const;
  /// Owner's first trip: the fence and what it reads. False: fenced.
  bool fence(request& x, uint32_t id);
  /// Owner's second trip.
  void commit(request& x, uint32_t id);
  /// The transaction ends without a trace.
  void roll_back(const request& x, uint32_t id);
  /// The server ends: all open transactions are rolled back.
  void roll_back_all();

  const schedule::cluster_view& rows() const { return rows_; }
  const std::vector<host_row>& hosts() const { return hosts_; }
  const std::vector<job_row>& jobs() const { return jobs_; }
  void plan_job(uint32_t job, uint16_t slot, uint32_t units);
  uint64_t ownership_changes() const { return ownership_changes_; }
  int64_t missed() const;
  uint64_t fenced() const { return fenced_; }
  /// The first rule that was broken; empty: none.
  const std::string& violation() const { return violation_; }

private:
  schedule::member* find(const std::string& node);
  void join(request& x, int64_t now_ms);
  void renew(request& x, int64_t now_ms);
  void take(request& x, int64_t now_ms);
  void change(request& x, int64_t now_ms);
  void hand_over(request& x);
  void leave(request& x, int64_t now_ms);
  void read(request& x, int64_t now_ms);
  void give(schedule::assignment& row, const std::string& to);
  void apply(const request& x);
  void break_rule(std::string text);

  int64_t lease_ms_;
  mutations mutations_;
  schedule::cluster_view rows_;
  std::vector<int64_t> locks_;  ///< By slot: id of the transaction; -1: none.
  std::vector<host_row> hosts_; ///< One per slot.
  std::vector<job_row> jobs_;
  std::vector<std::string> leaders_; ///< By epoch.
  uint64_t ownership_changes_ = 0, fenced_ = 0;
  std::string violation_;
};

/// `n007` for 7: sorts as the number.
std::string node_name(int node);
int node_number(const std::string& name);

} // namespace aops::simulate
