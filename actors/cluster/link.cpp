#include "actors/cluster/link.hpp"

#include "actors/cluster/link_line.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"

#include <caf/all.hpp>

namespace aops::actors {

link_state::link_state() = default;
link_state::~link_state() = default;

link_actor::behavior_type link(link_pointer self,
                               cluster_services_ptr services,
                               std::shared_ptr<executor> dialer,
                               std::string node) {
  prepare(self, link_name_of(node));
  auto& st = self->state;
  st.line =
    std::make_unique<link_line>(self, std::move(services), std::move(dialer), std::move(node));
  auto* line = st.line.get();
  self->set_down_handler([line](caf::down_msg& x) { line->on_down(x); });
  self->set_exit_handler([self, line](caf::exit_msg& x) {
    // Peers may send anything, also exits. One from nobody names its receiver as the source.
    bool is_own = x.source && x.source.node() == self->node() && x.source != self->address();
    if (!x.reason || !is_own)
      return;
    line->end("the link is not wanted any more");
    self->quit(std::move(x.reason));
  });
  line->begin();
  return {
    [line](parcel& x) { return line->carry(x); },
    [line](const link_opened& x) { line->on_opened(x); },
    [line](const map_changed&) { line->on_map(); },
    [line](atom::tick) { line->on_tick(); },
    [line](const port_probed& x) { line->on_probed(x); },
    [line](const dial_due& x) { line->on_dial(x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
