#pragma once

#include "messages/push.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/push.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view push_intake_name = "push";
}

/// What is pushed to a HOST.
using host_push_actor = caf::typed_actor<
  // Answered when all of it is stored that the host keeps. ec::bad_request when the host is not one
  // that is pushed; ec::overloaded when it has too much to judge; ec::moved, ec::unreachable.
  answers<samples_to_push, samples_pushed>>;

/// PUSH INTAKE: takes in what senders push and hands it to the hosts.
using push_intake_actor = caf::typed_actor<
  // Of the host of the token alone. ec::session_invalid when nobody has the token;
  // ec::bad_request when nothing of it reads; ec::overloaded when too much waits. Should a host not
  // take its part now, its error: the same request may come again.
  answers<write_to_take, write_taken>,
  // Of all hosts that the caller sees.
  asks<write_to_take, write_taken>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
