#pragma once

#include "messages/error.hpp"

#include <array>

namespace aops {

/// Codes of the REST contract that are no errors.
inline constexpr int code_ok = 200;
inline constexpr int code_partial = 206;

/// What one `ec` becomes at the borders. See
/// docs/reference/rest.md#return-codes.
struct outcome {
  ec code;
  std::string_view name;
  int return_code; ///< `code` of the REST envelope.
  /// HTTP status of streams, pages and probes; contract endpoints answer 200 (overload 429).
  int http;
  std::string_view msg; ///< The contract's fixed text.
};

inline constexpr std::array outcomes = {
  outcome{ec::bad_request, "bad_request", 1000, 400, "request parameter error"},
  outcome{ec::not_found, "not_found", 1000, 404, "request parameter error"},
  outcome{ec::unreachable, "unreachable", 1001, 502, "restful connection error"},
  outcome{ec::timed_out, "timed_out", 1001, 504, "restful connection error"},
  outcome{ec::overloaded, "overloaded", 1001, 429, "restful connection error"},
  outcome{ec::store_unreachable, "store_unreachable", 1101, 503, "connect to database error"},
  outcome{ec::insert_failed, "insert_failed", 1102, 500, "insert data into database fail"},
  outcome{ec::delete_failed, "delete_failed", 1103, 500, "delete data from database fail"},
  outcome{ec::query_failed, "query_failed", 1104, 500, "query data from database fail"},
  outcome{ec::conflict, "conflict", 1105, 409, "data has existed"},
  outcome{ec::has_dependency, "has_dependency", 1106, 409, "delete fail for it has dependency"},
  outcome{ec::update_failed, "update_failed", 1107, 500, "update data in database fail"},
  outcome{ec::wrong_password, "wrong_password", 1200, 401, "incorrect username or password"},
  outcome{ec::session_invalid, "session_invalid", 1201, 401, "the session is invalid"},
  outcome{ec::repeat_login, "repeat_login", 1202, 409, "user has logined, repeat login"},
  outcome{
    ec::vault_key, "vault_key", 1203, 403, "missing or invalid vault password, please certificate"},
  outcome{ec::default_password,
          "default_password",
          1204,
          403,
          "please change the default password or you can not use"},
  outcome{ec::same_password,
          "same_password",
          1205,
          400,
          "the new password is the same as old password, change fail"},
  outcome{ec::change_password, "change_password", 1206, 400, "change password fail"},
  outcome{ec::permission_denied, "permission_denied", 1207, 403, "permission denied"},
  outcome{ec::task_failed, "task_failed", 1301, 500, "Task execution failed."},
  outcome{ec::fenced, "fenced", 1001, 503, "restful connection error"},
  outcome{ec::moved, "moved", 1001, 503, "restful connection error"},
  outcome{ec::cancelled, "cancelled", 1001, 409, "restful connection error"},
  outcome{ec::corrupt, "corrupt", 500, 500, "internal server error"},
  outcome{ec::internal, "internal", 500, 500, "internal server error"},
};

constexpr bool outcomes_are_in_order() {
  for (size_t i = 0; i < outcomes.size(); ++i)
    if (static_cast<size_t>(outcomes[i].code) != i)
      return false;
  return outcomes.size() == static_cast<size_t>(ec::internal) + 1;
}
static_assert(outcomes_are_in_order(), "one row per ec, in order");

constexpr const outcome& outcome_of(ec code) { return outcomes[static_cast<size_t>(code)]; }

/// The contract's text for a code; 1002's text for one it does not know.
constexpr std::string_view text_of(int return_code) {
  if (return_code == code_ok)
    return "operation succeed";
  if (return_code == code_partial)
    return "partial succeed";
  for (const auto& o : outcomes)
    if (o.return_code == return_code)
      return o.msg;
  return "unknown error";
}

} // namespace aops
