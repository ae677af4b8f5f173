#pragma once

#include "actors/support/call.hpp"
#include "actors/support/directory.hpp"
#include "messages/error.hpp"

#include <caf/fwd.hpp>
#include <caf/message.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace aops::actors {

/// Asks the actor `name` of a certain node through this node's router, once and without waiting for
/// a link; `then` runs in `self`. Errors as `ask_entity_message`.
void ask_node_message(caf::scheduled_actor* self,
                      const directory& names,
                      std::string node,
                      std::string name,
                      std::chrono::milliseconds deadline,
                      caf::message request,
                      std::function<void(expected<caf::message>)> then);

/// The same, typed by the role.
template <class Role, class Self, class Then, class... Args>
requires understands<Role, Args...>
void ask_node(Self* self,
              const directory& names,
              std::string node,
              std::string name,
              std::chrono::milliseconds deadline,
              Then then,
              Args&&... request) {
  ask_node_message(self,
                   names,
                   std::move(node),
                   std::move(name),
                   deadline,
                   caf::make_message(std::forward<Args>(request)...),
                   [then = std::move(then)](expected<caf::message> answer) mutable {
                     then(value_of<reply_of<Role, Args...>>(std::move(answer)));
                   });
}

} // namespace aops::actors
