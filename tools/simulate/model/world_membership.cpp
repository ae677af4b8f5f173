#include "tools/simulate/model/world.hpp"
#include <variant>

/// What the membership of a node does: it carries out what `schedule::decide` says.
namespace aops::simulate {

using namespace schedule;

void world::start(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  if (n.is_running)
    return;
  note("starts", node);
  ++n.life;
  n.is_running = true;
  n.is_paused = n.is_draining = n.is_terminating = n.is_busy = n.has_news = false;
  n.memory = {};
  n.memory.node = node_name(node);
  n.memory.protocol = 1;
  n.view = {};
  n.heard_ms.assign(nodes_.size(), now_ms_);
  n.peer_incarnations.assign(nodes_.size(), 0);
  auto slots = static_cast<size_t>(scenario_.slots);
  if (n.entities.size() != slots)
    n.entities.resize(slots);
  for (auto& e : n.entities)
    e = {0, e.generation + 1, false, false, false, false, -1, -1, -1, {}};
  n.backlog.clear();
  push(event_kind::renew, 1, node);
  push(event_kind::link_check, random_.between(100, 500), node);
  auto period = scenario_.sample_ms;
  push(event_kind::sample, period - now_ms_ % period + node % 50, node);
  push(event_kind::look, random_.between(1, 2000), node);
}

/// Its process ends, whatever it was doing.
void world::stop(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  if (!n.is_running)
    return;
  note("ends", node);
  n.is_running = n.is_paused = false;
  for (uint32_t id = 0; id < requests_.size(); ++id) {
    auto& x = requests_[id];
    if (x.node == node && x.uses > 0 && x.is_granted && !x.is_done && !x.is_committing &&
        !is_cut(node, -1))
      store_.roll_back(x, id); // Its connection is closed.
  }
  for (int peer = 0; peer < scenario_.nodes; ++peer)
    if (peer != node && !is_cut(node, peer))
      push(event_kind::link_broken, random_.between(1, 60), peer, node);
}

// -- renewal

void world::renew(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  if (n.is_busy) {
    n.has_news = true;
    return;
  }
  if (n.memory.incarnation == 0)
    return ask_to_join(node);
  n.is_busy = true;
  auto id = make_request(request_kind::renew, node);
  requests_[id].epoch = n.memory.led_epoch;
  requests_[id].map_version = n.view.map_version;
  send(id);
}

void world::ask_to_join(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  n.memory.left();
  n.is_busy = true;
  send(make_request(request_kind::join, node));
}

void world::finish(int node, bool at_once) {
  auto& n = nodes_[static_cast<size_t>(node)];
  n.is_busy = false;
  if (at_once || n.has_news) {
    n.has_news = false;
    renew(node);
  }
}

void world::tell_peers(int node) {
  for (int peer = 0; peer < scenario_.nodes; ++peer) {
    if (peer == node)
      continue;
    ++result_.news;
    auto& p = nodes_[static_cast<size_t>(peer)];
    if (p.is_running && !is_cut(node, peer) && !random_.chance(5))
      push(event_kind::news, travel(), peer);
  }
}

void world::hear(uint32_t id, bool is_lost) {
  auto& x = requests_[id];
  x.is_abandoned = true;
  if (x.is_owners())
    return hear_owner(x, is_lost);
  switch (x.kind) {
  case request_kind::create_job:
    if (is_lost || x.result != outcome::ok)
      return;
    is_acknowledged_[static_cast<size_t>(x.from)] = 1;
    note("acknowledges job %1 in slot %2", x.node, x.from, x.slot);
    if (auto& slots = nodes_[static_cast<size_t>(x.node)].view.slots; x.slot < slots.size())
      if (auto owner = node_number(slots[x.slot].node); owner >= 0 && !is_cut(x.node, owner))
        push(event_kind::job_news, travel(), owner, -1, x.slot);
    return;
  case request_kind::look:
    if (is_lost || x.result != outcome::ok)
      return;
    for (auto& [job, slot] : x.jobs) {
      auto& e = nodes_[static_cast<size_t>(x.node)].entities[slot];
      if (e.epoch != 0 && e.jobs.empty()) {
        e.is_fresh = false;
        work(x.node, static_cast<uint16_t>(slot));
      }
    }
    return;
  default:
    return hear_membership(x.node, x, is_lost);
  }
}

void world::hear_membership(int node, request& x, bool is_lost) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto result = is_lost ? outcome::failed : x.result;
  switch (x.kind) {
  case request_kind::join:
    if (result != outcome::ok)
      return finish(node, false);
    n.memory.joined(x.number);
    note("joined as incarnation %1", node, x.number);
    tell_peers(node);
    return finish(node, true);
  case request_kind::renew:
    if (result == outcome::fenced) {
      note("is a member no more", node);
      n.memory.left();
      return step(node);
    }
    if (result != outcome::ok)
      return finish(node, false);
    if (!x.has_slots)
      x.view.slots.swap(n.view.slots);
    std::swap(n.view, x.view);
    n.memory.renewed(n.view, scenario_.timing, x.started_ms);
    return step(node);
  case request_kind::take:
    if (result != outcome::ok)
      return finish(node, result == outcome::refused);
    note("leads under epoch %1", node, x.number);
    n.memory.took_leadership(static_cast<uint64_t>(x.number));
    n.view.leader = {
      n.memory.node, static_cast<uint64_t>(x.number), n.view.now_ms + scenario_.timing.lease_ms};
    return step(node);
  case request_kind::change:
    if (result == outcome::ok) {
      note("changed the map: %1 gone, %2 assigned, %3 targets",
           node,
           static_cast<int64_t>(x.gone.size()),
           static_cast<int64_t>(x.assigned.size()),
           static_cast<int64_t>(x.targeted.size()));
      ++result_.plans;
      result_.last_change_ms = now_ms_;
      tell_peers(node);
    }
    return finish(node, result == outcome::ok);
  case request_kind::hand_over:
    if (result == outcome::ok) {
      note("handed over %1 slots", node, static_cast<int64_t>(x.assigned.size()));
      result_.last_change_ms = now_ms_;
      tell_peers(node);
    }
    return finish(node, result == outcome::ok);
  case request_kind::set_state:
    if (result == outcome::ok)
      tell_peers(node);
    return finish(node, result == outcome::ok);
  case request_kind::leave:
    return stop(node);
  default:
    return finish(node, false);
  }
}

// -- decisions

void world::step(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  n.is_busy = true;
  std::vector<slot_move> handed;
  uint64_t expected_epoch = 0;
  bool joins = false;
  std::vector<declare_gone> gone;
  std::vector<slot_move> assigned, targeted;
  for (auto& action : decide(n.view, n.memory, scenario_.timing, clock_of(n))) {
    std::visit(
      [&](auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, drop_slots>) {
          for (auto slot : x.slots)
            drop(node, slot);
          n.memory.apply(x);
        } else if constexpr (std::is_same_v<type, adopt_slots>) {
          n.memory.apply(x);
          for (auto& [slot, epoch] : x.slots)
            adopt(node, slot, epoch);
        } else if constexpr (std::is_same_v<type, release_slots>) {
          n.memory.apply(x);
          for (auto& [slot, epoch] : x.slots)
            begin_release(node, slot);
        } else if constexpr (std::is_same_v<type, keep_slots>) {
          n.memory.apply(x);
          for (auto& [slot, epoch] : x.slots)
            adopt(node, slot, epoch);
        } else if constexpr (std::is_same_v<type, hand_over_slots>) {
          handed = std::move(x.slots);
        } else if constexpr (std::is_same_v<type, take_leadership>) {
          expected_epoch = x.expected_epoch;
        } else if constexpr (std::is_same_v<type, join_again>) {
          joins = true;
        } else if constexpr (std::is_same_v<type, declare_gone>) {
          gone.push_back(std::move(x));
        } else if constexpr (std::is_same_v<type, assign_slots>) {
          assigned = std::move(x.slots);
        } else if constexpr (std::is_same_v<type, set_targets>) {
          targeted = std::move(x.slots);
        } else {
          fail("a node had to " +
               std::string{std::is_same_v<type, step_aside> ? "step aside" : "stay outside"});
        }
      },
      action);
  }
  if (joins)
    return ask_to_join(node);
  if (!handed.empty()) {
    auto id = make_request(request_kind::hand_over, node);
    requests_[id].assigned = std::move(handed);
    return send(id);
  }
  if (expected_epoch != 0) {
    auto id = make_request(request_kind::take, node);
    requests_[id].epoch = expected_epoch;
    return send(id);
  }
  if (!gone.empty() || !assigned.empty() || !targeted.empty()) {
    auto id = make_request(request_kind::change, node);
    auto& x = requests_[id];
    x.epoch = n.memory.led_epoch;
    x.gone = std::move(gone);
    x.assigned = std::move(assigned);
    x.targeted = std::move(targeted);
    return send(id);
  }
  if (auto* row = n.view.find(n.memory.node);
      row && row->incarnation == n.memory.incarnation &&
      (row->state == member_state::draining) != n.is_draining) {
    auto id = make_request(request_kind::set_state, node);
    requests_[id].flag = n.is_draining;
    return send(id);
  }
  if (n.is_terminating && is_drained(n.view, n.memory))
    return send(make_request(request_kind::leave, node));
  finish(node, false);
}

// -- links

void world::suspect(int node, int peer, bool is_strong) {
  auto& n = nodes_[static_cast<size_t>(node)];
  auto incarnation = n.peer_incarnations[static_cast<size_t>(peer)];
  if (incarnation == 0)
    return; // It never had a link to it.
  n.memory.suspect({node_name(peer), incarnation, is_strong, clock_of(n)}, scenario_.timing);
}

void world::check_links(int node) {
  auto& n = nodes_[static_cast<size_t>(node)];
  for (int peer = 0; peer < scenario_.nodes; ++peer) {
    if (peer == node)
      continue;
    auto& p = nodes_[static_cast<size_t>(peer)];
    auto i = static_cast<size_t>(peer);
    bool is_open = !is_cut(node, peer) && !is_cut(peer, node);
    ++result_.pulses;
    if (is_open && p.is_running && !p.is_paused) {
      n.heard_ms[i] = now_ms_;
      n.peer_incarnations[i] = p.memory.incarnation;
      n.memory.meet(p.memory.node, p.memory.incarnation);
    } else if (is_open && !p.is_running) {
      suspect(node, peer, true);
    } else if (now_ms_ - n.heard_ms[i] > 2000) {
      suspect(node, peer, false);
    }
  }
}

} // namespace aops::simulate
