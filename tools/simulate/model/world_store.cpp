#include "tools/simulate/model/world.hpp"

/// The way of a request to the store and back.
namespace aops::simulate {

namespace {

constexpr int64_t membership_deadline_ms = 1000;
constexpr int64_t owner_deadline_ms = 3000;
constexpr int64_t lock_wait_ms = 2000;
constexpr int64_t idle_transaction_ms = 2000;
constexpr int64_t lock_poll_ms = 20;

} // namespace

bool world::is_cut(int from, int to) const {
  auto side = nodes_.size() + 1;
  auto index = [&](int x) { return x < 0 ? nodes_.size() : static_cast<size_t>(x); };
  return cuts_[index(from) * side + index(to)] != 0;
}

int64_t world::travel() {
  if (random_.chance(2))
    return random_.between(3, 60);
  return random_.between(0, 2);
}

uint32_t world::make_request(request_kind kind, int node) {
  uint32_t id;
  if (free_requests_.empty()) {
    id = static_cast<uint32_t>(requests_.size());
    requests_.emplace_back();
  } else {
    id = free_requests_.back();
    free_requests_.pop_back();
  }
  auto& n = nodes_[static_cast<size_t>(node)];
  auto& x = requests_[id];
  x.kind = kind;
  x.node = node;
  x.life = n.life;
  x.is_abandoned = x.is_slowed = x.is_granted = x.is_done = x.is_committing = x.flag = x.has_slots =
    false;
  x.waits_since_ms = -1;
  x.incarnation = n.memory.incarnation;
  x.epoch = 0;
  x.gone.clear();
  x.assigned.clear();
  x.targeted.clear();
  x.from = x.to = x.map_version = x.number = 0;
  x.started_ms = clock_of(n);
  x.result = outcome::failed;
  return id;
}

void world::push_request(event_kind kind, uint32_t id, int64_t in_ms) {
  auto& x = requests_[id];
  event e{now_ms_ + in_ms, 0, kind};
  e.node = static_cast<int16_t>(x.node);
  e.life = x.life;
  e.number = id;
  ++x.uses;
  queue_.push(e);
}

void world::release_request(uint32_t id) {
  if (--requests_[id].uses == 0)
    free_requests_.push_back(id);
}

void world::send(uint32_t id) {
  auto& x = requests_[id];
  result_.renewals += x.kind == request_kind::renew;
  auto& n = nodes_[static_cast<size_t>(x.node)];
  push_request(
    event_kind::deadline, id, local(n, x.is_owners() ? owner_deadline_ms : membership_deadline_ms));
  if (is_cut(-1, x.node))
    return; // No connection without answers; only what is on its way arrives.
  if (!is_cut(x.node, -1))
    push_request(event_kind::request, id, travel());
  else if (scenario_.watched < 0 && random_.chance(10)) // When nobody waits any more.
    push_request(event_kind::request, id, random_.between(1000, 8000));
}

void world::reach_store(uint32_t id) {
  auto& x = requests_[id];
  auto& n = nodes_[static_cast<size_t>(x.node)];
  if (is_hanging_)
    return;
  if (is_refusing_)
    return answer(id, event_kind::answer);
  // An owner's session ended: its first statement finds nobody who would go on.
  if (x.is_owners() && (x.is_abandoned || x.life != n.life || !n.is_running))
    return;
  if (slow_ms_ > 0 && !x.is_slowed) {
    x.is_slowed = true;
    return push_request(event_kind::request, id, random_.between(0, slow_ms_));
  }
  if (store_.is_blocked(x)) {
    if (x.waits_since_ms < 0)
      x.waits_since_ms = now_ms_;
    if (now_ms_ - x.waits_since_ms < lock_wait_ms)
      return push_request(event_kind::request, id, lock_poll_ms);
    return answer(id, event_kind::answer);
  }
  if (!x.is_owners()) {
    store_.execute(x, store_ms());
    result_.map_reads += x.kind == request_kind::renew && x.has_slots;
    return answer(id, event_kind::answer);
  }
  if (!store_.fence(x, id))
    return answer(id, event_kind::answer);
  push_request(event_kind::idle_timeout, id, idle_transaction_ms);
  answer(id, event_kind::granted);
}

void world::answer(uint32_t id, event_kind kind) {
  auto& x = requests_[id];
  if (!is_cut(-1, x.node) && !random_.chance(static_cast<int>(lost_percent_)))
    push_request(kind, id, travel());
}

void world::hear_granted(uint32_t id) {
  auto& x = requests_[id];
  x.is_committing = true;
  if (!is_cut(x.node, -1))
    push_request(event_kind::commit, id, travel());
  else if (random_.chance(30))
    push_request(event_kind::commit, id, random_.between(200, 5000));
}

void world::reach_commit(uint32_t id) {
  auto& x = requests_[id];
  if (is_hanging_ || is_refusing_) // Its session ended with the server.
    return;
  store_.commit(x, id);
  if (x.result == outcome::ok && x.kind == request_kind::sample)
    trace_.add_often({now_ms_, "stored: slot %1, rounds %2 to %3", x.node, x.slot, x.from, x.to});
  else if (x.result == outcome::ok && x.kind == request_kind::unit)
    note("stored: slot %1, job %2, unit %3", x.node, x.slot, x.from, x.to);
  answer(id, event_kind::answer);
}

} // namespace aops::simulate
