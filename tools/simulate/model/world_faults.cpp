#include <fmt/format.h>

#include "tools/simulate/model/world.hpp"
#include <algorithm>

/// What goes wrong, and what must hold all the same.
namespace aops::simulate {

using schedule::member_state;

void world::break_something(const fault& x) {
  auto side = nodes_.size() + 1;
  auto index = [&](int node) { return node < 0 ? nodes_.size() : static_cast<size_t>(node); };
  auto* n = x.node >= 0 ? &nodes_[index(x.node)] : nullptr;
  if (changes_before_ == 0 && now_ms_ > 15'000) { // The first fault.
    changes_before_ = store_.ownership_changes();
    missed_before_ = store_.missed();
  }
  switch (x.kind) {
  case fault_kind::start:
    return start(x.node);
  case fault_kind::crash:
    return stop(x.node);
  case fault_kind::pause:
    note("is paused", x.node);
    n->is_paused = n->is_running;
    return;
  case fault_kind::resume: {
    if (!n->is_paused)
      return;
    note("is resumed", x.node);
    n->is_paused = false;
    for (auto& e : std::exchange(n->backlog, {})) {
      e.at_ms = now_ms_;
      queue_.push(e);
    }
    return;
  }
  case fault_kind::cut:
    note("sends to %1 in vain from now on", x.node, x.peer);
    cuts_[index(x.node) * side + index(x.peer)] = 1;
    return;
  case fault_kind::cut_back:
    note("hears nothing of the store from now on", x.node);
    cuts_[nodes_.size() * side + index(x.node)] = 1;
    return;
  case fault_kind::heal:
    note("the network is whole", -1);
    std::fill(cuts_.begin(), cuts_.end(), 0);
    return;
  case fault_kind::refuse:
    note("the store is down", -1);
    is_refusing_ = true;
    return store_.roll_back_all();
  case fault_kind::hang:
    note("the store hangs", -1);
    is_hanging_ = true;
    return;
  case fault_kind::restore:
    if (!is_refusing_ && !is_hanging_)
      return;
    note("the store is back, its clock %1 ms further", -1, x.amount);
    is_refusing_ = is_hanging_ = false;
    store_offset_ms_ += x.amount;
    has_jumped_ |= x.amount != 0;
    return;
  case fault_kind::slow:
    slow_ms_ = x.amount;
    return note("the store is slow: %1 ms", -1, x.amount);
  case fault_kind::lossy:
    lost_percent_ = x.amount;
    return note("the store's answers get lost: %1 %", -1, x.amount);
  case fault_kind::smooth:
    slow_ms_ = lost_percent_ = 0;
    return;
  case fault_kind::drain:
  case fault_kind::terminate:
  case fault_kind::undrain: {
    if (!n->is_running || n->is_terminating)
      return;
    note(x.kind == fault_kind::undrain ? "drains no more" : "drains", x.node);
    n->is_draining = x.kind != fault_kind::undrain;
    n->is_terminating = x.kind == fault_kind::terminate;
    return renew(x.node);
  }
  case fault_kind::accuse:
    if (!n->is_running || n->is_paused)
      return;
    note("takes %1 for dead", x.node, x.peer);
    suspect(x.node, x.peer, true);
    return renew(x.node);
  }
}

/// Whether each slot is owned by a node that runs and knows it, none by `without`.
bool world::is_settled(int without) const {
  auto& rows = store_.rows();
  for (size_t slot = 0; slot < rows.slots.size(); ++slot) {
    auto owner = node_number(rows.slots[slot].node);
    if (owner < 0 || owner == without)
      return false;
    auto& n = nodes_[static_cast<size_t>(owner)];
    if (!n.is_running || n.is_paused || n.memory.epochs.size() <= slot ||
        n.memory.epochs[slot] != rows.slots[slot].epoch || !n.entities[slot].is_started)
      return false;
  }
  return true;
}

void world::watch() {
  auto since = now_ms_ - scenario_.watched_at_ms;
  if (is_settled(scenario_.watched)) {
    result_.takeover_ms = since;
    note("all slots are at work %1 ms after the fault", -1, since);
  } else if (since > scenario_.bound_ms) {
    fail(fmt::format("{}: slots are not at work elsewhere {} ms after the fault",
                     to_string(scenario_.kind),
                     since));
  } else {
    push(event_kind::watch, 20);
  }
}

void world::check_owned() {
  if (!is_settled(-1))
    fail("slots have no living owner 20 s after the last fault");
}

void world::check_sure(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto* row = store_.rows().find(n.memory.node);
  if (has_jumped_ || !row || row->incarnation != n.memory.incarnation)
    return;
  if (schedule::is_sure(n.memory, scenario_.timing, clock_of(n)) && row->until_ms <= store_ms() &&
      row->state != member_state::gone)
    fail(fmt::format("{} is sure of a lease that has ended", n.memory.node));
}

void world::check_end() {
  auto& rows = store_.rows();
  if (!is_settled(-1))
    fail("slots have no living owner at the end");
  std::vector<int> loads;
  for (auto& n : nodes_) {
    auto* row = rows.find(n.memory.node);
    if (!n.is_running || !row)
      continue;
    int load = 0;
    for (size_t slot = 0; slot < rows.slots.size(); ++slot) {
      auto& x = rows.slots[slot];
      auto epoch = x.node == n.memory.node ? x.epoch : 0;
      load += epoch != 0;
      if (slot < n.memory.epochs.size() && n.memory.epochs[slot] != epoch)
        fail(fmt::format("{} is wrong about slot {} at the end", n.memory.node, slot));
    }
    if (row->state == member_state::alive)
      loads.push_back(load);
    else if (load != 0)
      fail(fmt::format("{} still has {} slots at the end", n.memory.node, load));
  }
  auto [low, high] = std::minmax_element(loads.begin(), loads.end());
  if (!loads.empty() && *high - *low > 1)
    fail(fmt::format("slots are uneven at the end: {} to {}", *low, *high));
  auto leader = node_number(rows.leader.holder);
  if (leader < 0 || !nodes_[static_cast<size_t>(leader)].is_running)
    fail("nobody leads at the end");
  for (size_t i = 0; i < is_acknowledged_.size(); ++i)
    if (!is_acknowledged_[i] || store_.jobs()[i].is_open())
      fail(fmt::format("job {} is {} at the end", i, is_acknowledged_[i] ? "not done" : "refused"));
  if (scenario_.kind == scenario_kind::outage) {
    if (store_.ownership_changes() != changes_before_)
      fail("slots changed hands although only the store was away");
    if (store_.missed() != missed_before_)
      fail("samples are missing although only the store was away");
  }
}

} // namespace aops::simulate
