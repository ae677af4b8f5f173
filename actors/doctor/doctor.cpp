#include "actors/doctor/doctor.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

namespace aops::actors {

doctor_actor::behavior_type doctor(doctor_pointer self, doctor_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller&, const doctor_query&) -> caf::result<examined_nodes> {
      const auto& parts = self->state.parts;
      survey_parts whom{*parts.names, parts.node, std::string{doctor_name}, parts.deadline};
      auto fill = [](examined_node& row, const node_examined& told) { row.items = told.items; };
      return survey_page<doctor_actor, examined_nodes, node_examined>(
        self, *parts.map, whom, node_doctor_query{}, fill);
    },
    [self](const node_doctor_query&) -> caf::result<node_examined> {
      const auto& parts = self->state.parts;
      foreign_promise<node_examined> promise{self};
      auto work = [promise, examine = parts.examine] { promise.answer(node_examined{examine()}); };
      if (!parts.worker->post(work))
        promise.fail(ec::overloaded);
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
