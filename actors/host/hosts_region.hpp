#pragma once

#include "actors/host/host.hpp"
#include "actors/region/region_steps.hpp"
#include "actors/region/slot_region.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <set>

namespace aops::actors {

/// INTERNAL: the pause between two waves of starts is over.
struct next_wave_due {};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::next_wave_due)

namespace aops::actors {

/// HOSTS, with what the region says to itself.
using full_hosts_actor = caf::typed_actor<caf::reacts_to<next_wave_due>>::extend_with<hosts_actor>;

/// What a host starts with, now. Read by its supervisor, written by the region.
class latest_start {
public:
  using start = std::pair<host_record, std::shared_ptr<const check::rule_set>>;
  void set(host_record record, std::shared_ptr<const check::rule_set> rules) {
    std::lock_guard guard{mutex_};
    now_ = {std::move(record), std::move(rules)};
  }
  start get() const {
    std::lock_guard guard{mutex_};
    return now_;
  }

  /// Under which epoch the host was last started; 0: not by this region.
  uint64_t epoch() const {
    std::lock_guard guard{mutex_};
    return epoch_;
  }
  void started_under(uint64_t epoch) {
    std::lock_guard guard{mutex_};
    epoch_ = epoch;
  }

private:
  mutable std::mutex mutex_;
  start now_;
  uint64_t epoch_ = 0;
};

struct hosts_region_state {
  explicit hosts_region_state() = default;
  static inline const char* name = "hosts";
  services_ptr services;
  slot_region region;
  std::map<std::string, host_record> hosts;                            ///< By id.
  std::map<std::string, std::shared_ptr<const check::rule_set>> rules; ///< By owner.
  std::map<std::string, std::shared_ptr<latest_start>> latest;         ///< By host id.
  std::shared_ptr<latest_start> latest_of(const host_record& record) {
    auto& x = latest[record.host_id];
    return x ? x : x = std::make_shared<latest_start>();
  }
  std::set<std::string> loading; ///< Owners whose rules are being read.
  std::set<std::string> stale;   ///< Of these, changed meanwhile.

  std::deque<std::string> to_start; ///< Hosts whose turn has not come.
  bool is_pausing = false;          ///< Between two waves of starts.
  bool is_unread_told = false;      ///< That the store does not answer, since it last did.
  std::set<std::string> stopping;   ///< Hosts whose actor has been asked to end.
  std::set<std::string> added;      ///< Hosts somebody added just now, until they are started.
  own_tick tick;
};

using hosts_region_pointer = full_hosts_actor::stateful_pointer<checked_state<hosts_region_state>>;

/// Keeps one actor per host of this node's slots, and each owner's rules compiled once for all of
/// his hosts. What others report as changed takes effect at once; every `resync`, and at each tick,
/// everything is compared with the store, so that a lost message costs no more than that.
///
/// Hosts of slots that came are read and started at once, in waves; those of slots that went end at
/// once. An actor started under an epoch of the past is replaced.
full_hosts_actor::behavior_type hosts_region(hosts_region_pointer self, services_ptr services);

} // namespace aops::actors
