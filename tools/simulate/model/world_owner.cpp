#include "tools/simulate/model/world.hpp"
#include <algorithm>

/// What lives in the slots of a node, and the clients that ask for jobs.
namespace aops::simulate {

void world::adopt(int node, uint16_t slot, uint64_t epoch) {
  auto& e = nodes_[static_cast<size_t>(node)].entities[slot];
  e = {epoch, e.generation + 1, false, false, false, false, -1, -1, -1, {}};
  note("owns slot %1 under epoch %2", node, slot, static_cast<int64_t>(epoch));
  work(node, slot);
}

void world::drop(int node, uint16_t slot) {
  auto& e = nodes_[static_cast<size_t>(node)].entities[slot];
  note("drops slot %1", node, slot);
  e = {0, e.generation + 1, false, false, false, false, -1, -1, -1, {}};
}

void world::begin_release(int node, uint16_t slot) {
  auto& e = nodes_[static_cast<size_t>(node)].entities[slot];
  e.is_ending = true;
  if (!e.is_busy)
    end_release(node, slot);
}

void world::end_release(int node, uint16_t slot) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto epoch = n.memory.epochs[slot];
  drop(node, slot);
  n.memory.released({{slot, epoch}});
  push(event_kind::news, 1, node); // The membership goes on with the hand-over.
}

void world::sample(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto round = now_ms_ / scenario_.sample_ms;
  for (uint16_t slot = 0; slot < n.entities.size(); ++slot) {
    auto& e = n.entities[slot];
    if (e.epoch == 0 || !e.is_started || e.is_ending || round <= e.cursor)
      continue;
    if (e.first < 0)
      e.first = round;
    e.last = round;
    work(node, slot);
  }
}

/// Does the next thing in a slot, one at a time.
void world::work(int node, uint16_t slot) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto& e = n.entities[slot];
  if (e.epoch == 0 || e.is_busy)
    return;
  if (e.is_ending)
    return end_release(node, slot);
  if (!e.is_fresh)
    return ask_for(node, slot, request_kind::load);
  if (e.first >= 0)
    return ask_for(node, slot, request_kind::sample, e.first, e.last);
  if (!e.jobs.empty()) {
    e.is_busy = true;
    push(event_kind::unit_worked, random_.between(20, 700), node, -1, slot);
  }
}

void world::unit_worked(const event& x) {
  auto& e = nodes_[static_cast<size_t>(x.node)].entities[x.slot];
  if (e.generation != x.stamp)
    return;
  e.is_busy = false;
  if (e.is_ending || !e.is_fresh || e.jobs.empty())
    return work(x.node, x.slot);
  auto& [job, done] = e.jobs.front();
  uint32_t unit = 0;
  while (done & (1U << unit))
    ++unit;
  ask_for(x.node, x.slot, request_kind::unit, job, unit);
}

void world::ask_for(int node, uint16_t slot, request_kind kind, int64_t from, int64_t to) {
  auto& e = nodes_[static_cast<size_t>(node)].entities[slot];
  e.is_busy = true;
  auto id = make_request(kind, node);
  auto& x = requests_[id];
  x.slot = slot;
  x.epoch = e.epoch;
  x.generation = e.generation;
  x.from = from;
  x.to = to;
  send(id);
}

void world::hear_owner(request& x, bool is_lost) {
  auto& e = nodes_[static_cast<size_t>(x.node)].entities[x.slot];
  if (e.generation != x.generation)
    return;
  e.is_busy = false;
  auto result = is_lost ? outcome::failed : x.result;
  if (result == outcome::fenced) {
    note("is fenced in slot %1 under epoch %2", x.node, x.slot, static_cast<int64_t>(x.epoch));
    drop(x.node, x.slot);
    return renew(x.node);
  }
  if (result != outcome::ok) {
    e.is_fresh = false; // Perhaps it is stored: it looks before it goes on.
    if (e.is_ending)
      return end_release(x.node, x.slot);
    return push(event_kind::retry, random_.between(200, 800), x.node, -1, x.slot);
  }
  switch (x.kind) {
  case request_kind::load:
    e.is_fresh = true;
    e.is_started = true;
    e.cursor = x.number;
    e.jobs = x.jobs;
    break;
  case request_kind::sample:
    e.cursor = x.to;
    break;
  default: {
    auto& [job, done] = e.jobs.front();
    done |= 1U << x.to;
    if (done == (1U << store_.jobs()[job].units) - 1)
      e.jobs.erase(e.jobs.begin());
  }
  }
  if (e.first >= 0 && e.last <= e.cursor)
    e.first = e.last = -1;
  else if (e.first >= 0)
    e.first = std::max(e.first, e.cursor + 1);
  work(x.node, x.slot);
}

void world::look(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  if (n.memory.incarnation != 0)
    send(make_request(request_kind::look, node));
}

void world::call_client(uint32_t job) {
  if (is_acknowledged_[job])
    return;
  event again{now_ms_ + 1500, 0, event_kind::client};
  again.number = job;
  queue_.push(again);
  auto node = static_cast<int>(random_.between(0, scenario_.nodes - 1));
  auto& n = nodes_[static_cast<size_t>(node)];
  if (!n.is_running || n.is_paused)
    return;
  auto id = make_request(request_kind::create_job, node);
  requests_[id].from = job;
  requests_[id].slot = store_.jobs()[job].slot;
  send(id);
}

} // namespace aops::simulate
