#pragma once

#include "messages/roles/role.hpp"

namespace aops {

/// ACCOUNTS: who may come in. Knows passwords and sessions.
using account_actor = caf::typed_actor<
  // Opens a session for a user who comes from this address; answered with its token. Slow by
  // intent. ec::wrong_password, also for an unknown user and while the address is throttled;
  // ec::repeat_login.
  caf::replies_to<log_in, std::string>::with<logged_in>,
  // Whose token it is; marks the session as used. ec::session_invalid.
  answers<authenticate, caller>,
  // Sets the caller's password and ends the other sessions. ec::same_password, ec::change_password.
  asks<change_password, done>,
  // Ends the caller's session.
  asks<log_out, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
