#include "tools/simulate/model/store_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::simulate {

using schedule::member_state;

std::string node_name(int node) { return fmt::format("n{:03}", node); }

int node_number(const std::string& name) {
  return name.empty() ? -1 : (name[1] - '0') * 100 + (name[2] - '0') * 10 + (name[3] - '0');
}

store_model::store_model(int slots, int jobs, int64_t lease_ms, mutations m)
    : lease_ms_(lease_ms), mutations_(m), locks_(static_cast<size_t>(slots), -1),
      hosts_(static_cast<size_t>(slots)), jobs_(static_cast<size_t>(jobs)), leaders_{"", ""} {
  rows_.slots.resize(static_cast<size_t>(slots));
  for (auto& x : rows_.slots)
    x.epoch = 1;
  rows_.leader.epoch = 1;
  rows_.map_version = 1;
}

void store_model::plan_job(uint32_t job, uint16_t slot, uint32_t units) {
  jobs_[job].slot = slot;
  jobs_[job].units = units;
}

schedule::member* store_model::find(const std::string& node) {
  return const_cast<schedule::member*>(rows_.find(node));
}

void store_model::break_rule(std::string text) {
  if (violation_.empty())
    violation_ = std::move(text);
}

int64_t store_model::missed() const {
  int64_t sum = 0;
  for (auto& x : hosts_)
    sum += x.missed();
  return sum;
}

// -- members and the leader

void store_model::execute(request& x, int64_t now_ms) {
  x.is_done = true;
  x.result = outcome::ok;
  switch (x.kind) {
  case request_kind::join:
    return join(x, now_ms);
  case request_kind::renew:
    return renew(x, now_ms);
  case request_kind::take:
    return take(x, now_ms);
  case request_kind::change:
    return change(x, now_ms);
  case request_kind::hand_over:
    return hand_over(x);
  case request_kind::leave:
    return leave(x, now_ms);
  case request_kind::set_state:
    if (auto* row = find(node_name(x.node)); row && row->state != member_state::gone)
      row->state = x.flag ? member_state::draining : member_state::alive;
    return;
  case request_kind::create_job:
    jobs_[static_cast<size_t>(x.from)].exists = true;
    return;
  case request_kind::look:
    x.jobs.clear();
    for (uint32_t i = 0; i < jobs_.size(); ++i)
      if (jobs_[i].is_open() && rows_.slots[jobs_[i].slot].node == node_name(x.node))
        x.jobs.push_back({i, jobs_[i].slot});
    return;
  default:
    x.result = outcome::failed;
  }
}

void store_model::join(request& x, int64_t now_ms) {
  auto id = node_name(x.node);
  auto* row = find(id);
  if (!row) {
    auto at = std::lower_bound(
      rows_.members.begin(), rows_.members.end(), id, [](auto& a, auto& b) { return a.node < b; });
    row = &*rows_.members.insert(at, schedule::member{});
    row->node = id;
  }
  row->incarnation += 1;
  row->protocol = 1;
  row->state = member_state::alive;
  row->started_ms = now_ms;
  row->until_ms = now_ms + lease_ms_;
  for (auto& slot : rows_.slots)
    if (slot.node == id)
      ++slot.epoch;
  ++rows_.map_version;
  x.number = row->incarnation;
}

void store_model::renew(request& x, int64_t now_ms) {
  auto* row = find(node_name(x.node));
  if (!row || row->incarnation != x.incarnation || row->state == member_state::gone) {
    x.result = outcome::fenced;
    return;
  }
  row->until_ms = now_ms + lease_ms_;
  if (x.epoch != 0 && rows_.leader.epoch == x.epoch && rows_.leader.holder == row->node)
    rows_.leader.until_ms = now_ms + lease_ms_;
  read(x, now_ms);
}

void store_model::read(request& x, int64_t now_ms) {
  x.view.now_ms = now_ms;
  x.view.leader = rows_.leader;
  x.view.members = rows_.members;
  x.has_slots = x.map_version != rows_.map_version;
  x.view.map_version = rows_.map_version;
  if (x.has_slots)
    x.view.slots = rows_.slots;
}

void store_model::take(request& x, int64_t now_ms) {
  auto* row = find(node_name(x.node));
  if (!row || row->incarnation != x.incarnation || row->state == member_state::gone) {
    x.result = outcome::fenced;
    return;
  }
  if (rows_.leader.epoch != x.epoch) {
    x.result = outcome::refused;
    return;
  }
  rows_.leader = {row->node, x.epoch + 1, now_ms + lease_ms_};
  x.number = static_cast<int64_t>(rows_.leader.epoch);
  if (leaders_.size() != rows_.leader.epoch)
    break_rule(fmt::format("the leader's epoch {} had another holder before", leaders_.size()));
  leaders_.push_back(row->node);
}

void store_model::change(request& x, int64_t now_ms) {
  if (rows_.leader.epoch != x.epoch || rows_.leader.holder != node_name(x.node)) {
    x.result = outcome::fenced;
    return;
  }
  bool all_gone = true, changed = false;
  for (auto& g : x.gone) {
    auto* row = find(g.node);
    bool took = row && row->incarnation == g.incarnation && row->state != member_state::gone &&
                (!g.only_if_expired || row->until_ms <= now_ms);
    if (took)
      row->state = member_state::gone;
    all_gone &= took;
    changed |= took;
  }
  if (all_gone)
    for (auto& m : x.assigned)
      if (rows_.slots[m.slot].epoch == m.epoch) {
        give(rows_.slots[m.slot], m.to);
        changed = true;
      }
  for (auto& m : x.targeted)
    if (rows_.slots[m.slot].epoch == m.epoch) {
      rows_.slots[m.slot].target = m.to;
      changed = true;
    }
  rows_.map_version += changed;
}

void store_model::give(schedule::assignment& row, const std::string& to) {
  auto before = row.epoch;
  auto is_new = row.node != to;
  row.node = to;
  row.epoch += mutations_.bumps_epochs;
  row.target.clear();
  ++ownership_changes_;
  if (is_new && row.epoch <= before)
    break_rule(
      fmt::format("slot {} changed hands under the same epoch", &row - rows_.slots.data()));
}

void store_model::hand_over(request& x) {
  bool changed = false;
  for (auto& m : x.assigned) {
    auto& row = rows_.slots[m.slot];
    if (row.epoch != m.epoch || row.node != node_name(x.node) || row.target.empty())
      continue;
    give(row, std::string{row.target});
    changed = true;
  }
  rows_.map_version += changed;
}

void store_model::leave(request& x, int64_t now_ms) {
  auto* row = find(node_name(x.node));
  if (!row || row->incarnation != x.incarnation)
    return;
  row->state = member_state::gone;
  row->until_ms = now_ms;
  if (rows_.leader.holder == row->node)
    rows_.leader.until_ms = now_ms;
  ++rows_.map_version;
}

// -- owners

bool store_model::is_blocked(const request& x) const {
  auto locked = [this](const schedule::slot_move& m) { return locks_[m.slot] != -1; };
  if (x.is_owners())
    return mutations_.has_fencing && locks_[x.slot] != -1;
  if (x.kind == request_kind::join) {
    auto id = node_name(x.node);
    for (size_t i = 0; i < locks_.size(); ++i)
      if (locks_[i] != -1 && rows_.slots[i].node == id)
        return true;
  }
  return std::any_of(x.assigned.begin(), x.assigned.end(), locked) ||
         std::any_of(x.targeted.begin(), x.targeted.end(), locked);
}

bool store_model::fence(request& x, uint32_t id) {
  auto& row = rows_.slots[x.slot];
  if (mutations_.has_fencing) {
    if (row.epoch != x.epoch || row.node != node_name(x.node)) {
      x.is_done = true;
      x.result = outcome::fenced;
      ++fenced_;
      return false;
    }
    locks_[x.slot] = id;
  }
  x.is_granted = true;
  if (x.kind == request_kind::load) {
    x.number = hosts_[x.slot].cursor;
    x.jobs.clear();
    for (uint32_t i = 0; i < jobs_.size(); ++i)
      if (jobs_[i].slot == x.slot && jobs_[i].is_open())
        x.jobs.push_back({i, jobs_[i].done});
  }
  return true;
}

void store_model::commit(request& x, uint32_t id) {
  x.is_done = true;
  if (mutations_.has_fencing && locks_[x.slot] != id) {
    x.result = outcome::failed; // Rolled back in the meantime.
    return;
  }
  if (mutations_.has_fencing)
    locks_[x.slot] = -1;
  x.result = outcome::ok;
  apply(x);
}

void store_model::apply(const request& x) {
  if (x.kind == request_kind::load)
    return;
  auto& row = rows_.slots[x.slot];
  if (row.epoch != x.epoch || row.node != node_name(x.node))
    break_rule(fmt::format("{} wrote to slot {} under epoch {}, but it is {}'s under {}",
                           node_name(x.node),
                           x.slot,
                           x.epoch,
                           row.node,
                           row.epoch));
  if (x.kind == request_kind::sample) {
    auto& host = hosts_[x.slot];
    if (x.from <= host.cursor)
      break_rule(fmt::format("round {} of host {} was stored twice", x.from, x.slot));
    if (host.first < 0)
      host.first = x.from;
    host.rounds += x.to - x.from + 1;
    host.cursor = x.to;
  } else {
    auto& job = jobs_[static_cast<size_t>(x.from)];
    if (job.done & (1U << x.to))
      break_rule(fmt::format("unit {} of job {} was stored twice", x.to, x.from));
    job.done |= 1U << x.to;
  }
}

void store_model::roll_back(const request& x, uint32_t id) {
  if (x.is_owners() && locks_[x.slot] == id)
    locks_[x.slot] = -1;
}

void store_model::roll_back_all() { std::fill(locks_.begin(), locks_.end(), -1); }

} // namespace aops::simulate
