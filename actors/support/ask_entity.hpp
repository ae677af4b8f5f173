#pragma once

#include "actors/support/ask_message.hpp"

#include <caf/make_message.hpp>

namespace aops::actors {

/// Asks the actor `name` of an entity, on whichever node owns its slot; errors as
/// `ask_entity_message`. `then` may run before this returns.
///
///     ask_entity<unit_diagnosed>(self, *names, host, host_name_of(host), 10s, then, unit);
template <class Reply, class Self, class... Args>
void ask_entity(Self* self,
                const directory& names,
                std::string_view entity_id,
                std::string name,
                std::chrono::milliseconds deadline,
                std::function<void(expected<Reply>)> then,
                Args&&... request) {
  ask_entity_message(self,
                     names,
                     entity_id,
                     std::move(name),
                     deadline,
                     caf::make_message(std::forward<Args>(request)...),
                     [then = std::move(then)](expected<caf::message> answer) {
                       then(value_of<Reply>(std::move(answer)));
                     });
}

/// The same for an actor of a certain node.
template <class Reply, class Self, class... Args>
void ask_node(Self* self,
              const directory& names,
              std::string node,
              std::string name,
              std::chrono::milliseconds deadline,
              std::function<void(expected<Reply>)> then,
              Args&&... request) {
  ask_node_message(self,
                   names,
                   std::move(node),
                   std::move(name),
                   deadline,
                   caf::make_message(std::forward<Args>(request)...),
                   [then = std::move(then)](expected<caf::message> answer) {
                     then(value_of<Reply>(std::move(answer)));
                   });
}

} // namespace aops::actors
