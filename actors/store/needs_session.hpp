#pragma once

#include "messages/account.hpp"
#include "runtime/io/storage/account_repository.hpp"

namespace aops::actors {

/// For what outlives a token or takes an account over: the caller must have logged in, and still be
/// so. ec::permission_denied for a program's token; a service, and what this node does itself, have
/// no session and need none.
inline expected<void> needs_session(storage::database& db, const caller& who) {
  if (who.session.empty())
    return {};
  auto session = storage::account_repository{db}.find_session(who.session);
  if (!session && session.error() == ec::session_invalid)
    return fail(ec::permission_denied, "needs a log-in, not a token");
  return session.map([](const auto&) {});
}

} // namespace aops::actors
