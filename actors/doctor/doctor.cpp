#include "actors/doctor/doctor.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

examined_nodes page_of(const std::vector<surveyed_node>& nodes,
                       const std::vector<expected<node_examined>>& answers) {
  examined_nodes out;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_gone)
      continue;
    examined_node x;
    x.node = nodes[i].node;
    if (answers[i]) {
      x.items = answers[i]->items;
    } else {
      x.error = to_string(answers[i].error());
      out.code = code_partial;
    }
    out.nodes.push_back(std::move(x));
  }
  return out;
}

} // namespace

doctor_actor::behavior_type doctor(doctor_pointer self, doctor_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller&, const doctor_query&) -> caf::result<examined_nodes> {
      const auto& parts = self->state.parts;
      auto nodes = known_nodes(*parts.map, parts.node);
      auto promise = self->make_response_promise<examined_nodes>();
      auto then = [promise, nodes](const std::vector<expected<node_examined>>& told) mutable {
        promise.deliver(page_of(nodes, told));
      };
      survey_parts survey{*parts.names, parts.node, std::string{doctor_name}, parts.deadline};
      ask_nodes<doctor_actor, node_examined>(self, survey, nodes, node_doctor_query{}, then);
      return promise;
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
