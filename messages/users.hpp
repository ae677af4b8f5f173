#pragma once

#include "messages/account.hpp"
#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <map>
#include <string>
#include <vector>

/// Accounts as administrators see them, sessions, and tokens of programs.
namespace aops {

/// POST /manage/account/user/get
struct users_query {
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_users_query(F) AOPS_PAGING_FIELDS(F, "|username|role", 50)
AOPS_MESSAGE(users_query)

struct user_info {
  std::string username, role, administrator;
  std::vector<std::string> host_group_list;
  bool disabled = false, must_change_password = false;
  moment created;
};
#define AOPS_FIELDS_user_info(F)                                                                   \
  F(username, required(), "Account name.")                                                         \
  F(role, required().one_of("administrator|ordinary"), "What he may.")                             \
  F(administrator, required(), "To whom he belongs; empty: to nobody.")                            \
  F(host_group_list, required(), "Names of the groups whose hosts an ordinary user sees.")         \
  F(disabled, required(), "May not log in.")                                                       \
  F(must_change_password, required(), "Before anything else.")                                     \
  F(created, required(), "When it was made.")
AOPS_MESSAGE(user_info)

struct users_page {
  AOPS_TOTAL_MEMBERS
  std::vector<user_info> user_infos;
};
#define AOPS_FIELDS_users_page(F)                                                                  \
  AOPS_TOTAL_FIELDS(F)                                                                             \
  F(user_infos, required(), "Administrators, users of the caller, users of nobody.")
AOPS_MESSAGE(users_page)

/// POST /manage/account/user/add
struct user_to_add {
  std::string username;
  sealed_text password;
};
#define AOPS_FIELDS_user_to_add(F)                                                                 \
  F(username, required().text(1, 40), "Account name; it belongs to the caller.")                   \
  F(password, required().text(1, 1024), "8 to 128 characters; to be changed at the first log-in.")
AOPS_MESSAGE(user_to_add)

/// POST /manage/account/user/adopt
struct user_to_adopt {
  std::string username;
};
#define AOPS_FIELDS_user_to_adopt(F)                                                               \
  F(username, required().text(1, 40), "Belongs to nobody; from now on to the caller.")
AOPS_MESSAGE(user_to_adopt)

/// POST /manage/account/user/release
struct user_to_release {
  std::string username;
};
#define AOPS_FIELDS_user_to_release(F)                                                             \
  F(username, required().text(1, 40), "Of the caller; from now on of nobody, without any grant.")
AOPS_MESSAGE(user_to_release)

/// POST /manage/account/user/disable
struct user_to_disable {
  std::string username;
};
#define AOPS_FIELDS_user_to_disable(F)                                                             \
  F(username, required().text(1, 40), "Cannot log in any more; sessions and tokens end.")
AOPS_MESSAGE(user_to_disable)

/// POST /manage/account/user/enable
struct user_to_enable {
  std::string username;
};
#define AOPS_FIELDS_user_to_enable(F) F(username, required().text(1, 40), "May log in again.")
AOPS_MESSAGE(user_to_enable)

/// POST /manage/account/user/reset
struct password_to_reset {
  std::string username;
  sealed_text password;
};
#define AOPS_FIELDS_password_to_reset(F)                                                           \
  F(username, required().text(1, 40), "Whose sessions and tokens end.")                            \
  F(password, required().text(1, 1024), "8 to 128 characters; to be changed at the next log-in.")
AOPS_MESSAGE(password_to_reset)

/// DELETE /manage/account/user/delete
struct users_to_delete {
  std::vector<std::string> user_list;
};
#define AOPS_FIELDS_users_to_delete(F)                                                             \
  F(user_list, required().text(1, 40).items(1, 1000), "Account names.")
AOPS_MESSAGE(users_to_delete)

struct users_deleted {
  int64_t code = 200; ///< 206 some, 1103 none, 1106 none because they own something.
  std::vector<std::string> deleted;
  std::map<std::string, std::string> fail_reasons;
};
#define AOPS_FIELDS_users_deleted(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(deleted, required(), "Names of those that are gone.")                                          \
  F(fail_reasons, required().additive(), "Name of one that stays to the reason.")
AOPS_MESSAGE(users_deleted)

/// POST /manage/account/grant/change
struct grants_to_change {
  std::string username;
  maybe<std::vector<std::string>> grant, revoke;
};
#define AOPS_FIELDS_grants_to_change(F)                                                            \
  F(username, required().text(1, 40), "An ordinary user of the caller.")                           \
  F(grant, optional_field().text(1, 50).items(0, 1000), "Names of groups whose hosts he sees.")    \
  F(revoke, optional_field().text(1, 50).items(0, 1000), "Names of groups he sees no longer.")
AOPS_MESSAGE(grants_to_change)

/// POST /manage/account/session/get
struct sessions_query {
  maybe<std::string> username;
};
#define AOPS_FIELDS_sessions_query(F)                                                              \
  F(username, optional_field().text(1, 40), "A user whom the caller administers; else himself.")
AOPS_MESSAGE(sessions_query)

struct session_info {
  std::string session_id, address;
  moment created, last_used;
  bool is_this = false, has_vault_key = false;
};
#define AOPS_FIELDS_session_info(F)                                                                \
  F(session_id, required(), "Identifier, not the token.")                                          \
  F(address, required(), "Where it was logged in from.")                                           \
  F(created, required(), "Time of the log-in.")                                                    \
  F(last_used, required(), "To the minute.")                                                       \
  F(is_this, required(), "The one that asks.")                                                     \
  F(has_vault_key, required(), "The vault key was entered.")
AOPS_MESSAGE(session_info)

struct sessions_found {
  std::vector<session_info> session_infos;
};
#define AOPS_FIELDS_sessions_found(F) F(session_infos, required(), "Newest first.")
AOPS_MESSAGE(sessions_found)

/// DELETE /manage/account/session/delete
struct sessions_to_end {
  std::vector<std::string> session_list;
  maybe<std::string> username;
};
#define AOPS_FIELDS_sessions_to_end(F)                                                             \
  F(session_list, required().text(1, 64).items(0, 1000), "Identifiers; empty: all others.")        \
  F(username, optional_field().text(1, 40), "A user whom the caller administers; else himself.")
AOPS_MESSAGE(sessions_to_end)

struct sessions_ended {
  std::vector<std::string> deleted;
};
#define AOPS_FIELDS_sessions_ended(F) F(deleted, required(), "Identifiers of those that ended.")
AOPS_MESSAGE(sessions_ended)

/// POST /manage/account/token/create
struct token_to_create {
  std::string name, scope;
  maybe<int64_t> days;
};
#define AOPS_FIELDS_token_to_create(F)                                                             \
  F(name, required().text(1, 64), "What it is for; unique per user.")                              \
  F(scope, required().one_of("read|act"), "`read`: requests that change something are 1207.")      \
  F(days, optional_field().range(1, 3650), "How long it is good for; default 90.")
AOPS_MESSAGE(token_to_create)

struct token_created {
  std::string token_id, access_token;
  moment expires;
};
#define AOPS_FIELDS_token_created(F)                                                               \
  F(token_id, required(), "Identifier.")                                                           \
  F(access_token, required(), "Send as header `Access-Token`; shown this once.")                   \
  F(expires, required(), "When it ends.")
AOPS_MESSAGE(token_created)

/// POST /manage/account/token/get
struct tokens_query {};
#define AOPS_FIELDS_tokens_query(F)
AOPS_MESSAGE(tokens_query)

struct token_info {
  std::string token_id, name, scope;
  moment created, expires;
  maybe<moment> last_used;
};
#define AOPS_FIELDS_token_info(F)                                                                  \
  F(token_id, required(), "Identifier.")                                                           \
  F(name, required(), "What it is for.")                                                           \
  F(scope, required().one_of("read|act"), "What it may.")                                          \
  F(created, required(), "When it was made.")                                                      \
  F(expires, required(), "When it ends.")                                                          \
  F(last_used, optional_field().additive(), "To the minute; absent: never.")
AOPS_MESSAGE(token_info)

struct tokens_found {
  std::vector<token_info> token_infos;
};
#define AOPS_FIELDS_tokens_found(F) F(token_infos, required(), "Of the caller, by name.")
AOPS_MESSAGE(tokens_found)

/// DELETE /manage/account/token/delete
struct tokens_to_delete {
  std::vector<std::string> token_list;
};
#define AOPS_FIELDS_tokens_to_delete(F)                                                            \
  F(token_list, required().text(1, 64).items(1, 1000), "Names, else identifiers.")
AOPS_MESSAGE(tokens_to_delete)

struct tokens_deleted {
  std::vector<std::string> deleted;
};
#define AOPS_FIELDS_tokens_deleted(F) F(deleted, required(), "Names of those that are gone.")
AOPS_MESSAGE(tokens_deleted)

/// Which of these hosts does the caller see? Unknown ids are left out.
struct seen_hosts_query {
  std::vector<std::string> host_list;
};
AOPS_WIRE(seen_hosts_query, host_list)

} // namespace aops
