#include "actors/supervisor/supervisor.hpp"

#include "actors/supervisor/supervision.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

namespace aops::actors {

supervisor_state::supervisor_state() = default;
supervisor_state::~supervisor_state() = default;

supervisor_actor::behavior_type
supervisor(supervisor_pointer self, supervisor_config config, std::vector<child_spec> children) {
  prepare(self, config.name);
  self->state.children = std::make_unique<supervision>(self, std::move(config));
  // An exit is an order to stop the children first; only `kill` ends a supervisor before them.
  self->set_exit_handler([self](caf::exit_msg& x) {
    if (x.reason)
      self->state.children->shut_down(std::move(x.reason));
  });
  self->set_down_handler([self](caf::down_msg& x) { self->state.children->on_down(x); });
  if (auto begun = self->state.children->begin(std::move(children)); !begun)
    self->quit(to_caf(begun.error()));
  return {
    [self](start_child& x) { return self->state.children->start_child(std::move(x.spec)); },
    [self](const supervisor_timer& x) { self->state.children->on_timer(x); },
    [self](const resolve_child& x) { return self->state.children->resolve(x.name); },
    [self](const stop_child& x) { return self->state.children->stop_child(x.name); },
    [self](const get_tree& x) { return self->state.children->tree(x); },
    [self](atom::ping) { return self->state.children->ready(); },
  };
}

child_spec supervised(supervisor_config config,
                      std::vector<child_spec> children,
                      std::chrono::milliseconds start_deadline,
                      std::chrono::milliseconds stop_deadline) {
  child_spec spec;
  spec.name = config.name;
  spec.ready = handshake::ping;
  spec.start_deadline = start_deadline;
  spec.stop_deadline = stop_deadline;
  spec.start = spawns(supervisor, std::move(config), std::move(children));
  return spec;
}

} // namespace aops::actors
