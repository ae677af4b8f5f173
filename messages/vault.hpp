#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>

/// The vault key: what the credentials of an administrator's hosts are sealed under.
namespace aops {

/// POST /manage/account/certificate
struct vault_key_to_enter {
  sealed_text key;
};
#define AOPS_FIELDS_vault_key_to_enter(F)                                                          \
  F(key, required().text(1, 1024), "Key the credentials of the user's hosts are sealed under.")
AOPS_MESSAGE(vault_key_to_enter)

/// POST /manage/account/certificate/change: what is sealed stays as it is.
struct vault_key_to_change {
  sealed_text key, new_key;
};
#define AOPS_FIELDS_vault_key_to_change(F)                                                         \
  F(key, required().text(1, 1024), "The vault key of today.")                                      \
  F(new_key, required().text(1, 1024), "The one from now on.")
AOPS_MESSAGE(vault_key_to_change)

/// Has the caller's session a vault key?
struct session_key_query {};
#define AOPS_FIELDS_session_key_query(F)
AOPS_MESSAGE(session_key_query)

/// Has a session, by the hash of its token, a vault key on the node that is asked?
struct node_key_query {
  std::string session;
};
AOPS_WIRE(node_key_query, session)

/// Has any session of a user a vault key on the node that is asked?
struct user_key_query {
  std::string user;
};
AOPS_WIRE(user_key_query, user)

/// Sessions ended, or lost their vault keys.
struct sessions_changed {};
#define AOPS_FIELDS_sessions_changed(F)
AOPS_MESSAGE(sessions_changed)

} // namespace aops
