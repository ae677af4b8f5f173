#pragma once

#include "actors/support/ask_message.hpp"
#include "messages/answer.hpp"

#include <caf/actor_cast.hpp>
#include <caf/make_message.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// How an actor asks or tells another one: by its name, its role, and with a deadline. What comes
/// back follows from the role; a request that the role does not have does not compile.
///
///     auto then = [this](expected<job_state> x) { x ? loaded(std::move(*x)) : failed(x.error());
///     }; ask<job_store_actor>(self, *names, job_store_name, 5s, then, load_job{id});
///
/// Names rather than handles: a handle changes with each restart. `then` runs in the asking actor
/// with the answer, ec::timed_out when the deadline has passed, ec::unreachable when nobody has the
/// name (ec::store_unreachable for actors of the store) or the actor ended, or the error answered.
/// When nobody has the name it runs before `ask` returns. It does not run once the asking actor has
/// ended.
/// @param deadline Finite, more than 0.
namespace aops::actors {

namespace detail {

template <class Reply, class Then>
std::function<void(caf::type_erased_tuple&)> taking(Then then) {
  static_assert(std::is_invocable_v<Then&, expected<Reply>>,
                "`then` must take an expected<the reply of this role>");
  return [then = std::move(then)](caf::type_erased_tuple& x) mutable { then(value_of<Reply>(x)); };
}

} // namespace detail

/// As `ask`, on somebody's errand: for whom it works goes along.
template <class Role, class Self, class Then, class... Args>
requires understands<Role, Args...>
void ask_for(errand with,
             Self* self,
             const directory& names,
             std::string_view name,
             std::chrono::milliseconds deadline,
             Then then,
             Args&&... request) {
  using reply = reply_of<Role, Args...>;
  auto whom = names.find(name);
  if (!whom)
    return then(expected<reply>{fail(down_error(name))});
  ask_content(self,
              whom,
              deadline,
              caf::make_message(std::forward<Args>(request)...),
              detail::taking<reply>(std::move(then)),
              std::move(with));
}

/// Asks the actor of a name on this node.
template <class Role, class Self, class Then, class... Args>
requires understands<Role, Args...>
void ask(Self* self,
         const directory& names,
         std::string_view name,
         std::chrono::milliseconds deadline,
         Then then,
         Args&&... request) {
  ask_for<Role>(
    errand{}, self, names, name, deadline, std::move(then), std::forward<Args>(request)...);
}

/// Asks an actor whose handle one was just given: a peer's gate, a connector. ec::unreachable when
/// the handle is empty.
template <class Role, class Self, class Then, class... Args>
requires understands<Role, Args...>
void ask_actor(
  Self* self, const Role& whom, std::chrono::milliseconds deadline, Then then, Args&&... request) {
  ask_content(self,
              caf::actor_cast<caf::strong_actor_ptr>(whom),
              deadline,
              caf::make_message(std::forward<Args>(request)...),
              detail::taking<reply_of<Role, Args...>>(std::move(then)));
}

/// Asks the actor of an entity's name, on whichever node owns its slot; further errors as
/// `ask_entity_message`.
///
///     ask_entity<host_work_actor>(self, *names, host, host_name_of(host), 10s, then, unit);
template <class Role, class Self, class Then, class... Args>
requires understands<Role, Args...>
void ask_entity(Self* self,
                const directory& names,
                std::string_view entity_id,
                std::string name,
                std::chrono::milliseconds deadline,
                Then then,
                Args&&... request) {
  ask_entity_message(self,
                     names,
                     entity_id,
                     std::move(name),
                     deadline,
                     caf::make_message(std::forward<Args>(request)...),
                     [then = std::move(then)](expected<caf::message> answer) mutable {
                       then(value_of<reply_of<Role, Args...>>(std::move(answer)));
                     });
}

/// Tells the actor of a name on this node; nobody hears whether it arrived. Any thread.
/// @returns Whether somebody has the name.
template <class Role, class... Args>
requires understands<Role, Args...>
bool tell(const directory& names, std::string_view name, Args&&... news) {
  return tell_message(names, name, caf::make_message(std::forward<Args>(news)...));
}

} // namespace aops::actors
