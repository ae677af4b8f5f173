#pragma once

#include "messages/roles/role.hpp"
#include "messages/types/vault.hpp"
#include "messages/vault.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view vault_name = "store/vault";
}

/// VAULT: the vault keys of sessions, each in the memory of the node where it was entered and
/// nowhere else.
using vault_actor = caf::typed_actor<
  // Tries the key and keeps what it opens for the caller's session; while nothing is sealed yet any
  // key is taken, and tried when something is. ec::vault_key when it is another than what the
  // owner's hosts are sealed under, ec::permission_denied for a caller without a session (a token).
  asks<vault_key_to_enter, done>,
  // Wraps the owner's data key under another vault key. ec::vault_key when the old one is wrong, or
  // nothing is sealed yet.
  asks<vault_key_to_change, done>,
  // Whether the caller's session has a key that opens what is sealed, on whichever node.
  // ec::vault_key when not.
  asks<session_key_query, done>,
  // The same of a session on this node.
  answers<node_key_query, done>,
  // Whether any session of a user has one on this node. ec::vault_key when not.
  answers<user_key_query, done>,
  // Looks at once which keys are to be wiped.
  caf::reacts_to<sessions_changed>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
