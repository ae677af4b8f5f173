#include "actors/cluster/membership_body.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// The row of a peer under doubt; null when it is no longer the one that was doubted.
const schedule::member*
doubted_row(const membership_state& st, const std::string& node, const doubt& x) {
  auto* row = st.view ? st.view->find(node) : nullptr;
  return row && row->incarnation == x.incarnation && row->state != schedule::member_state::gone
           ? row
           : nullptr;
}

void try_port(membership_pointer self, const std::string& node, doubt& x) {
  auto& st = self->state;
  auto* row = doubted_row(st, node, x);
  if (x.is_being_tried || !row || row->address.empty() || !st.services->probes)
    return;
  x.is_being_tried = st.services->probes->post([me = caf::actor_cast<full_membership_actor>(self),
                                                services = st.services,
                                                address = row->address,
                                                result = probe_ended{node, x.incarnation}] {
    auto out = result;
    out.is_refused = services->is_refused(address);
    caf::anon_send(me, std::move(out));
  });
}

void suspect(membership_state& st, const std::string& node, const doubt& x, bool is_strong) {
  st.memory.suspect({node, x.incarnation, is_strong, steady_ms(st)}, st.timing);
}

} // namespace

void on_peer(membership_pointer self, const peer_seen& x) {
  auto& st = self->state;
  if (st.services->single)
    return;
  if (x.is_connected) {
    st.doubts.erase(x.node);
    st.memory.meet(x.node, x.incarnation);
    if (st.view && schedule::leads(*st.view, st.memory))
      round_soon(self); // It may be given work now.
    return;
  }
  auto* row = st.view ? st.view->find(x.node) : nullptr;
  if (!row || row->state == schedule::member_state::gone ||
      (x.incarnation != 0 && x.incarnation != row->incarnation))
    return; // Of an incarnation that is over anyway.
  auto [it, is_new] = st.doubts.try_emplace(x.node);
  auto& doubted = it->second;
  if (is_new || doubted.incarnation != row->incarnation) {
    doubted = {row->incarnation, st.services->clock->now_ms()};
    log::warn(
      "node-suspected", "node {} is suspected: its link broke, or it does not answer", x.node);
  }
  suspect(st, x.node, doubted, false);
  try_port(self, x.node, doubted);
}

void on_probe(membership_pointer self, const probe_ended& x) {
  auto& st = self->state;
  auto it = st.doubts.find(x.node);
  if (it == st.doubts.end() || it->second.incarnation != x.incarnation)
    return;
  it->second.is_being_tried = false;
  bool was_refused = std::exchange(it->second.is_refused, x.is_refused);
  if (!x.is_refused)
    return;
  suspect(st, x.node, it->second, true);
  if (!was_refused) // What is known already waits for the next round, which tries again.
    round_soon(self);
}

void renew_doubts(membership_pointer self) {
  auto& st = self->state;
  for (auto it = st.doubts.begin(); it != st.doubts.end();) {
    auto& [node, x] = *it;
    auto* row = st.view->find(node);
    if (!row || row->incarnation != x.incarnation) {
      st.memory.trust(node);
      it = st.doubts.erase(it);
      continue;
    }
    suspect(st, node, x, false);
    try_port(self, node, x);
    ++it;
  }
}

void end_doubts(membership_state& st) {
  std::erase_if(st.doubts, [&](const auto& entry) {
    bool is_over = !doubted_row(st, entry.first, entry.second);
    if (is_over)
      st.memory.trust(entry.first);
    return is_over;
  });
}

} // namespace aops::actors
