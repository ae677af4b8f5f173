#pragma once

#include "messages/account.hpp"
#include "messages/interfaces.hpp"
#include "messages/types/account.hpp"

/// How a role says what it answers. Each handler of a role comes with a comment: what it does, what
/// comes back, which errors beside ec::internal, ec::overloaded and those of the store.
namespace aops {

/// A request that a user makes: it comes with its `caller`.
template <class Request, class Reply>
using asks = caf::replies_to<caller, Request>::template with<Reply>;

/// A request between actors.
template <class Request, class Reply>
using answers = typename caf::replies_to<Request>::template with<Reply>;

} // namespace aops
