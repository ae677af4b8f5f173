#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/run.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/core/vault/credentials.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <map>

namespace aops::actors {

using secret_ptr = std::shared_ptr<const vault::secret_bytes>;

/// What opens the owner's credentials for one run on this node.
struct opened_vault {
  secret_ptr data_key;
};

/// The vault that the caller's session has opened on this node; of a caller without a session, any
/// session of the user.
struct vault_to_use {};

/// Every vault that a session has opened on this node, each once.
struct open_vaults_query {};
struct open_vault {
  std::string user;
  secret_ptr data_key;
};
struct open_vaults {
  std::vector<open_vault> vaults;
};

/// INTERNAL: a key was tried, and its session noted in the store.
struct key_entered {
  caller who;
  secret_ptr data_key; ///< Absent: nothing is sealed yet, `untried` is what was typed.
  secret_ptr untried;
  foreign_promise<done> promise;
};

/// INTERNAL: what was typed before anything was sealed has been tried.
struct key_tried {
  std::string session;
  expected<secret_ptr> data_key; ///< Absent: still nothing is sealed.
  foreign_promise<done> promise;
};

/// INTERNAL: which node has the key of a session.
struct key_located {
  std::string session, node;
  foreign_promise<done> promise;
};

/// INTERNAL: the sessions that have a key here by right.
struct keys_counted {
  uint64_t asked = 0; ///< Keys entered after this many are not among them.
  std::vector<std::string> sessions;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::opened_vault)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::vault_to_use)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::open_vaults_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::open_vaults)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_entered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_tried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_located)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::keys_counted)

namespace aops::actors {

/// What opens a session's credentials, for a run that another node takes in: over links between
/// nodes only.
using vault_lender_actor = caf::typed_actor<
  // ec::vault_key when the session has none here; ec::bad_request as below.
  answers<session_key_to_lend, session_key_lent>>;

/// VAULT, with what only actors of the same node ask. But for what is lent to runs, opened keys
/// never leave the process.
using full_vault_actor = caf::typed_actor<
  // The data key for work of the caller's session on this node; of a caller without one, that of
  // any session of the user. ec::vault_key; ec::bad_request when its key is known and nothing is
  // sealed that it could open.
  asks<vault_to_use, opened_vault>,
  // For work that nobody waits for.
  answers<open_vaults_query, open_vaults>,
  caf::reacts_to<key_entered>,
  caf::reacts_to<key_tried>,
  caf::reacts_to<key_located>,
  caf::reacts_to<keys_counted>,
  // INTERNAL: looks which keys are to be wiped.
  caf::reacts_to<atom::tick>>::extend_with<vault_actor>::extend_with<vault_lender_actor>;

/// What a session has opened; wiped when it goes.
struct kept_key {
  std::string user;
  secret_ptr data_key, untried;
  uint64_t number = 0;
  int64_t until_ms = 0; ///< No session lives longer, also when the store cannot tell.
};

struct vault_keeper_state {
  explicit vault_keeper_state() = default;
  static inline const char* name = vault_name.data();
  store_ptr store;
  std::string node;
  std::map<std::string, kept_key> keys; ///< By session.
  uint64_t entered = 0;
};

/// Keeps the vault keys of sessions in memory, as long as their sessions live and their users'
/// passwords stay: at most a second longer.
/// @param node This one.
full_vault_actor::behavior_type
vault_keeper(full_vault_actor::stateful_pointer<checked_state<vault_keeper_state>> self,
             store_ptr store,
             std::string node);

} // namespace aops::actors
