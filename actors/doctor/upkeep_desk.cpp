#include "actors/doctor/upkeep_desk.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/config_options.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

caf::result<backups_page> survey(upkeep_desk_pointer self) {
  const auto& parts = self->state.parts;
  survey_parts whom{*parts.names, parts.node, std::string{upkeep_desk_name}, parts.deadline};
  auto fill = [](node_backups& row, const node_backups& told) { row = told; };
  return survey_page<upkeep_desk_actor, backups_page, node_backups>(
    self, *parts.map, whom, node_backups_query{}, fill);
}

/// Hands a request on to the keeper of this node.
template <class Reply, class Request>
caf::result<Reply> ask_keeper(upkeep_desk_pointer self, Request request) {
  const auto& parts = self->state.parts;
  foreign_promise<Reply> promise{self};
  auto then = [promise, node = parts.node](expected<Reply> x) {
    if (!x)
      return promise.answer(std::move(x));
    x->node = node;
    promise.answer(std::move(x));
  };
  ask<backup_keeper_actor>(
    self, *parts.names, backup_keeper_name, parts.deadline, then, std::move(request));
  return promise;
}

/// Whether this node keeps backups at all.
bool keeps_backups(upkeep_desk_pointer self) {
  return !self->state.parts.config->backup.directory.empty();
}

} // namespace

config_in_force config_of(const base::config& config) {
  auto own = config;
  base::config usual;
  auto options = base::options_of(own), defaults = base::options_of(usual);
  config_in_force out;
  for (size_t i = 0; i < options.size(); ++i) {
    const auto& o = options[i];
    auto value = base::toml_value(o);
    out.options.push_back({o.name(),
                           value,
                           base::unit_text(o),
                           std::string{o.doc},
                           value == base::toml_value(defaults[i])});
  }
  return out;
}

upkeep_desk_actor::behavior_type upkeep_desk(upkeep_desk_pointer self, upkeep_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller&, const backups_query&) { return survey(self); },
    [self](const caller&, const backup_to_start& x) -> caf::result<backup_started> {
      if (!keeps_backups(self))
        return refuse(ec::bad_request, "backup.directory is not set on this node");
      return ask_keeper<backup_started>(self, x);
    },
    [self](const caller&, const config_query&) {
      auto told = config_of(*self->state.parts.config);
      told.node = self->state.parts.node;
      return told;
    },
    [self](const node_backups_query& x) -> caf::result<node_backups> {
      if (!keeps_backups(self))
        return node_backups{};
      return ask_keeper<node_backups>(self, x);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
