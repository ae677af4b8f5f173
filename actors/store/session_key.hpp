#pragma once

#include "actors/store/store_access.hpp"
#include "actors/support/ask.hpp"
#include "messages/roles/vault.hpp"

namespace aops::actors {

/// Calls `work()` once it is sure that the caller's session has a vault key, or, for a caller
/// without a session, any session of the user on this node. Fails the promise with ec::vault_key
/// when not.
template <class Self, class T, class Work>
caf::result<T> with_session_key(
  Self* self, const store_ptr& store, const caller& who, foreign_promise<T> promise, Work work) {
  auto then = [promise, work = std::move(work)](expected<done> has_key) mutable {
    if (has_key)
      work();
    else
      promise.fail(std::move(has_key.error()));
  };
  auto deadline = store->config->store.request_timeout.chrono();
  if (who.session.empty())
    ask<vault_actor>(
      self, *store->names, vault_name, deadline, std::move(then), user_key_query{who.user});
  else
    ask<vault_actor>(
      self, *store->names, vault_name, deadline, std::move(then), who, session_key_query{});
  return promise;
}

} // namespace aops::actors
