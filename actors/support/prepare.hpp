#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace aops::actors {

/// The first line of every actor: sets the handlers that CAF would otherwise let print to standard
/// output. What the actor sets afterwards takes precedence.
///
/// - exception: logged once (`actor-crashed`), the requester gets ec::internal, the actor ends.
/// - error without a handler (a response to `then` with one argument, an error answered to a plain
///   `send`): logged (`unhandled-error`), the actor goes on.
/// - exit: the actor ends with the reason; a normal exit of another actor is ignored.
/// - down: logged (`unhandled-down`).
/// - message the behaviour does not know: `get_tree` is answered with the actor's own row; others
/// are
///   logged (`unexpected-message`, the types only) and their requester gets ec::internal.
///
/// @param label Name in the log; empty: the `name` of the actor's state.
void prepare(caf::scheduled_actor* self, std::string label = {});

} // namespace aops::actors
