#include "actors/progress/list_changes.hpp"

#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

#include <utility>

namespace aops::actors {

namespace {

using list_changes_pointer = changes_actor::stateful_pointer<checked_state<list_changes_state>>;

constexpr std::chrono::seconds between_changes{1};

void tell_gathered(list_changes_pointer self) {
  auto& st = self->state;
  st.is_waiting = false;
  auto lists = std::exchange(st.gathered, 0);
  if (lists == 0)
    return;
  st.told = self->clock().now();
  if (st.ways.spread)
    st.ways.spread(lists_to_show{lists});
  else
    st.ways.show(lists);
}

void gather(list_changes_pointer self, uint64_t lists) {
  auto& st = self->state;
  st.gathered |= lists;
  if (st.is_waiting)
    return;
  auto now = self->clock().now();
  if (!st.told || now - *st.told >= between_changes)
    return tell_gathered(self);
  st.is_waiting = true;
  self->delayed_send(self, *st.told + between_changes - now, atom::tick_v);
}

} // namespace

changes_actor::behavior_type list_changes(list_changes_pointer self, change_ways ways) {
  prepare(self);
  self->state.ways = std::move(ways);
  return {
    [self](const lists_changed& x) { gather(self, x.lists); },
    [self](const lists_to_show& x) { self->state.ways.show(x.lists); },
    [self](atom::tick) { tell_gathered(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
