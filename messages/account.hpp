#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

namespace aops {

enum class rights : uint8_t { ordinary, administrator };
inline std::string to_string(rights r) {
  return r == rights::administrator ? "administrator" : "ordinary";
}

/// A request that may be sent again because its answer was lost: header `Idempotency-Key`.
struct repeatable_request {
  std::string key; ///< The client's, at most 255 characters; empty: it gave none.
  std::string
    digest; ///< Hex SHA-256 of path and body: the same key for another request is an error.
};
AOPS_WIRE(repeatable_request, key, digest)

/// Who asks; made from the token, never from a request's body.
struct caller {
  std::string user;
  std::string owner; ///< Whose hosts, rules and trees the caller sees; empty: nobody's yet.
  rights role = rights::ordinary;
  bool must_change_password = false;
  std::string session; ///< Hash of the token (hex).
  std::string address; ///< Source address of the request.
  /// Names of the owner's host groups whose hosts the caller sees; absent: all.
  maybe<std::vector<std::string>> groups{};
  bool may_act = true; ///< False: came with a token that may only read.
  repeatable_request repeatable{};
  bool by_service = false; ///< It is not the user who asks, but a service that acts for him.
};
AOPS_WIRE(caller,
          user,
          owner,
          role,
          must_change_password,
          session,
          address,
          groups,
          may_act,
          repeatable,
          by_service)

/// POST /manage/account/login
struct log_in {
  std::string username;
  sealed_text password;
};
#define AOPS_FIELDS_log_in(F)                                                                      \
  F(username, required().text(1, 40), "Account name.")                                             \
  F(password, required().text(1, 1024), "Its password.")
AOPS_MESSAGE(log_in)

struct logged_in {
  int64_t code = 200; ///< 200, or 1204: the default password must be changed first.
  std::string access_token;
};
#define AOPS_FIELDS_logged_in(F)                                                                   \
  F(code, internal(), "")                                                                          \
  F(access_token, required(), "Send as header `Access-Token`.")
AOPS_MESSAGE(logged_in)

/// POST /manage/account/change
struct change_password {
  sealed_text password;
};
#define AOPS_FIELDS_change_password(F)                                                             \
  F(password, required().text(1, 1024), "The new password: 8 to 128 characters.")
AOPS_MESSAGE(change_password)

/// A body that must be `{}` or absent.
struct nothing {};
#define AOPS_FIELDS_nothing(F)
AOPS_MESSAGE(nothing)

/// A reply of code and msg alone.
struct done {
  int64_t code = 200;
};
#define AOPS_FIELDS_done(F) F(code, internal(), "")
AOPS_MESSAGE(done)

/// POST /manage/account/logout. The caller tells which session.
struct log_out {};
#define AOPS_FIELDS_log_out(F)
AOPS_MESSAGE(log_out)

/// Whose token is it? ec::session_invalid.
struct authenticate {
  std::string token_hash; ///< Hex SHA-256.
};
AOPS_WIRE(authenticate, token_hash)

/// POST /manage/account/register: no token; an ordinary user.
struct register_user {
  std::string username;
  sealed_text password;
};
#define AOPS_FIELDS_register_user(F)                                                               \
  F(username, required().text(1, 40), "Account name.")                                             \
  F(password, required().text(1, 1024), "8 to 128 characters.")
AOPS_MESSAGE(register_user)

/// POST /manage/account/role/change
struct change_role {
  std::string username, role;
};
#define AOPS_FIELDS_change_role(F)                                                                 \
  F(username, required().text(1, 40), "Account name.")                                             \
  F(role, required().one_of("administrator|ordinary"), "The last administrator stays one.")
AOPS_MESSAGE(change_role)

/// An account as stored.
struct account {
  std::string username;
  std::string password_hash; ///< Text form of scrypt with its cost.
  rights role = rights::ordinary;
  std::string owner; ///< Administrator this user belongs to; own name for administrators.
  bool must_change_password = false;
};
AOPS_WIRE(account, username, password_hash, role, owner, must_change_password)

/// A session as stored; the token itself is nowhere.
struct session {
  std::string token_hash; ///< Hex SHA-256 of the token.
  std::string username;
  int64_t created_ms = 0, last_used_ms = 0;
};
AOPS_WIRE(session, token_hash, username, created_ms, last_used_ms)

} // namespace aops
