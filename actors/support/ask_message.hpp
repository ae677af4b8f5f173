#pragma once

#include "actors/support/call.hpp"
#include "actors/support/directory.hpp"
#include "actors/support/errand.hpp"
#include "messages/error.hpp"

#include <caf/fwd.hpp>
#include <caf/message.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

/// Requests whose content or receiver is known only at run time: for those who carry what others
/// said, and for entities that may live on another node.
namespace aops::actors {

/// Asks `whom` while `self` works; `take` runs in `self` with the content of the answer, or of the
/// `caf::error` that stands for it. The untyped core of `ask`.
/// @param deadline Finite, more than 0.
void ask_content(caf::scheduled_actor* self,
                 const caf::strong_actor_ptr& whom,
                 std::chrono::milliseconds deadline,
                 caf::message request,
                 std::function<void(caf::type_erased_tuple&)> take,
                 errand with = {});

/// Asks `whom` while `self` works; `then` runs in `self` with the answer, whatever its type, or
/// with ec::timed_out, ec::unreachable (no such actor, or it ended), or the error answered. Without
/// `whom` it runs before this returns.
/// @param deadline Finite, more than 0; travels with the request.
/// @param with For whom it works, when that is known.
void ask_message(caf::scheduled_actor* self,
                 const caf::strong_actor_ptr& whom,
                 std::chrono::milliseconds deadline,
                 caf::message request,
                 std::function<void(expected<caf::message>)> then,
                 errand with = {});

/// `ask_message` to the actor `name` of the entity, on whichever node owns its slot, through this
/// node's router. Without a router in the directory: to the actor of that name here.
///
/// ec::timed_out when patience ends, ec::unreachable when the owner has no such actor or the link
/// broke while the answer was awaited (the request may have been carried out), ec::overloaded when
/// too many wait.
void ask_entity_message(caf::scheduled_actor* self,
                        const directory& names,
                        std::string_view entity_id,
                        std::string name,
                        std::chrono::milliseconds deadline,
                        caf::message request,
                        std::function<void(expected<caf::message>)> then);

/// `ask_entity_message` from a plain thread: waits for the answer. Never from inside an actor.
expected<caf::message> call_entity(caf::actor_system& system,
                                   const directory& names,
                                   std::string_view entity_id,
                                   std::string name,
                                   std::chrono::milliseconds deadline,
                                   caf::message request);

/// The same from the actor `name` of a certain node.
expected<caf::message> call_node(caf::actor_system& system,
                                 const directory& names,
                                 std::string node,
                                 std::string name,
                                 std::chrono::milliseconds deadline,
                                 caf::message request);

/// Tells the actor of this name on this node; nobody hears whether it arrived. Any thread.
/// @returns Whether somebody has the name.
bool tell_message(const directory& names, std::string_view name, caf::message news);

/// Tells the actor `name` of the entity, wherever it lives; nobody hears whether it arrived. Any
/// thread.
void tell_entity(const directory& names,
                 std::string_view entity_id,
                 std::string name,
                 caf::message news);

/// The same for the actor `name` of a certain node.
void tell_node(const directory& names, std::string node, std::string name, caf::message news);

/// The same for the actor `name` of every node, this one too.
void tell_all_nodes(const directory& names, std::string name, caf::message news);

/// `parcel::node` of a parcel for every node.
inline constexpr std::string_view every_node = "*";

} // namespace aops::actors
