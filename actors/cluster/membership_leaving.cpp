#include "actors/cluster/membership_body.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// What is cut off at the end has so long to end on its hosts, to be noted, and to be handed over.
constexpr int64_t after_cut_off_ms = 4000;

/// Something acts on hosts and did not end in time. @returns Whether it is waited for once more.
bool cut_off(membership_state& st) {
  auto& holds = *st.services->holds;
  if (st.ending->is_cut_off || !holds.is_any_held())
    return false;
  log::warn(
    "work-cut-off", "node {} ends while something is at work on hosts: it is cut off", my_id(st));
  holds.cut_off();
  st.ending->is_cut_off = true;
  st.ending->until_ms = steady_ms(st) + after_cut_off_ms;
  return true;
}

void leave(membership_pointer self, bool is_drained) {
  auto& st = self->state;
  drop_everything(self);
  auto left =
    st.store->run([&](auto& cluster) { return cluster.leave(my_id(st), st.memory.incarnation); });
  st.services->this_node->set_sure_until(0);
  if (!left)
    log::warn("node-not-left", "its lease has to expire: {}", to_string(left.error()));
  else
    log::info("node-left",
              "node {} leaves the cluster{}",
              my_id(st),
              is_drained ? "" : " with slots it could not hand over in time");
  tell_peers(self);
}

} // namespace

void begin_leaving(membership_pointer self, int64_t patience_ms, foreign_promise<done> asked) {
  auto& st = self->state;
  if (st.services->single || st.has_left)
    return asked.answer(done{});
  if (st.ending)
    return st.ending->asked.push_back(asked);
  st.ending.emplace(
    membership_state::leaving{steady_ms(st) + std::max<int64_t>(0, patience_ms), {asked}});
  if (st.memory.incarnation != 0) {
    auto drains = st.store->run([&](auto& cluster) { return cluster.set_state(my_id(st), true); });
    if (!drains)
      log::warn("node-not-drained", "{}", to_string(drains.error()));
    tell_peers(self);
  }
  round_soon(self);
}

void go_on_leaving(membership_pointer self) {
  auto& st = self->state;
  if (!st.ending || st.has_left)
    return;
  auto is_member = st.memory.incarnation != 0;
  auto is_drained = is_member && st.view && schedule::is_drained(*st.view, st.memory);
  if (is_member && !is_drained && (steady_ms(st) < st.ending->until_ms || cut_off(st)))
    return;
  if (is_member)
    leave(self, is_drained);
  st.has_left = true;
  for (const auto& x : std::exchange(st.ending->asked, {}))
    x.answer(done{});
}

} // namespace aops::actors
