#pragma once

#include "messages/wire.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace aops {

/// The state of the world that kept something from happening. One list for the whole product;
/// `return_code.hpp` maps each to the numbers that users see.
enum class ec : uint8_t {
  bad_request,       ///< The caller's input is wrong; `detail` names the field.
  not_found,         ///< No such entity for this caller.
  unreachable,       ///< A peer or service does not answer.
  timed_out,         ///< A deadline passed.
  overloaded,        ///< A bounded queue is full; try again later.
  store_unreachable, ///< The database does not answer.
  insert_failed,     ///< Nothing was inserted.
  delete_failed,     ///< Nothing was deleted.
  query_failed,      ///< The database refused a query.
  conflict,          ///< The key exists already.
  has_dependency,    ///< Something still refers to it.
  update_failed,     ///< Nothing was updated.
  wrong_password,    ///< Unknown user or wrong password; never says which.
  session_invalid,   ///< Token missing, unknown, expired or revoked.
  repeat_login,      ///< `auth.single_session` is set and the user has a session.
  vault_key,         ///< Vault key missing or not the one that opens the user's credentials.
  default_password,  ///< The default password must be changed first.
  same_password,     ///< The new password is the old one.
  change_password,   ///< The new password is refused or could not be stored.
  permission_denied, ///< The role does not allow it.
  task_failed,       ///< A deployment task could not start.
  fenced,            ///< The write came under an epoch that is no longer the owner's.
  moved,             ///< The entity lives on another node; read the slot map again.
  cancelled,         ///< The user ended it.
  corrupt,           ///< Stored bytes do not decode.
  internal,          ///< Our mistake.
};

/// What every fallible function returns beside its value.
struct error {
  ec code = ec::internal;
  std::string detail; ///< For the user: names the field, line or entity. Never a secret.

  friend bool operator==(const error& e, ec code) { return e.code == code; }
  friend bool operator==(const error& a, const error& b) = default;
};

template <class T>
using expected = tl::expected<T, error>;

/// The error as the value of an `expected`: `return fail(ec::not_found, "host " + id);`
inline tl::unexpected<error> fail(ec code, std::string detail = {}) {
  return tl::unexpected<error>(error{code, std::move(detail)});
}

/// Passes an error on: `return fail(x.error());`
inline tl::unexpected<error> fail(error e) { return tl::unexpected<error>(std::move(e)); }

/// The name of the enumerator, as logs show it.
std::string_view to_string(ec code);

/// `name: detail`.
std::string to_string(const error& e);

AOPS_WIRE(error, code, detail)

} // namespace aops
