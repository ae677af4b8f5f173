#pragma once

#include "messages/error.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/result.hpp>
#include <caf/sec.hpp>
#include <caf/to_string.hpp>

/// The border between `aops::error` and CAF's error. On CAF's side ours has the category "aops" and
/// the code `ec + 1`: CAF takes the code 0 for "no error".
namespace aops {

inline constexpr auto error_category = caf::atom("aops");
/// Errors of actors that threw. Logged where it was caught, with the text of the exception.
inline constexpr auto crash_category = caf::atom("aops_crash");

inline caf::error to_caf(const error& e) {
  return {static_cast<uint8_t>(static_cast<uint8_t>(e.code) + 1),
          error_category,
          caf::make_message(e.detail)};
}

/// What an actor ends with whose handler threw; its requesters see ec::internal.
inline caf::error crash(std::string what) {
  return {1, crash_category, caf::make_message(std::move(what))};
}
inline bool is_crash(const caf::error& e) { return e && e.category() == crash_category; }

namespace detail {

inline std::string context_text(const caf::error& e) {
  const auto& context = e.context();
  if (context.empty())
    return {};
  return context.match_elements<std::string>() ? context.get_as<std::string>(0)
                                               : caf::to_string(context);
}

inline ec code_of(caf::sec code) {
  switch (code) {
  case caf::sec::request_timeout:
    return ec::timed_out;
  case caf::sec::unavailable_or_would_block:
    return ec::overloaded;
  case caf::sec::end_of_stream:
  case caf::sec::unknown_type:
    return ec::corrupt;
  case caf::sec::request_receiver_down:
  case caf::sec::no_actor_published_at_port:
  case caf::sec::disconnect_during_handshake:
  case caf::sec::cannot_forward_to_invalid_actor:
  case caf::sec::no_route_to_receiving_node:
  case caf::sec::cannot_connect_to_node:
  case caf::sec::network_syscall_failed:
  case caf::sec::no_proxy_registry:
  case caf::sec::remote_linking_failed:
  case caf::sec::socket_invalid:
  case caf::sec::socket_disconnected:
  case caf::sec::socket_operation_failed:
  case caf::sec::incompatible_versions:
  case caf::sec::incompatible_application_ids:
  case caf::sec::redundant_connection:
  case caf::sec::remote_lookup_failed:
  case caf::sec::connection_timeout:
    return ec::unreachable;
  default:
    return ec::internal;
  }
}

} // namespace detail

/// What an actor answered with, as ours. CAF's own errors are named in `detail`.
/// @param e Set; "no error" is a mistake of ours and becomes ec::internal.
inline error from_caf(const caf::error& e) {
  if (!e)
    return {ec::internal, "no error"};
  if (e.category() == error_category && e.code() <= static_cast<uint8_t>(ec::internal) + 1)
    return {static_cast<ec>(e.code() - 1), detail::context_text(e)};
  if (e.category() == crash_category)
    return {ec::internal, "exception: " + detail::context_text(e)};
  if (e.category() == caf::atom("exit"))
    return {ec::unreachable, to_string(static_cast<caf::exit_reason>(e.code()))};
  if (e.category() == caf::atom("system")) {
    auto code = static_cast<caf::sec>(e.code());
    auto context = detail::context_text(e);
    return {detail::code_of(code), to_string(code) + (context.empty() ? "" : ": " + context)};
  }
  return {ec::internal, caf::to_string(e)};
}

/// The outcome of something fallible as the answer of a handler: `return to_result(find(id));`
template <class T>
caf::result<T> to_result(expected<T> x) {
  if (!x)
    return to_caf(x.error());
  if constexpr (std::is_void_v<T>)
    return caf::unit;
  else
    return caf::result<T>{std::move(*x)};
}

/// An error as the answer of a handler: `return refuse(ec::not_found, "host " + id);`
inline caf::error refuse(ec code, std::string detail = {}) {
  return to_caf(error{code, std::move(detail)});
}

} // namespace aops
