#pragma once

#include "http/routes/ask.hpp"
#include "http/server/route.hpp"

/// What endpoints have in common to which hosts send what they see, each with a token of its own.
namespace aops::http {

/// Hex SHA-256 of the token of a host: `Access-Token`, or a bearer's, or a password in
/// `Authorization`. ec::session_invalid without any; whose it is, is not looked at.
expected<std::string> host_token_hash(const http_request& request);

/// Whether some host has the token of a request: ec::session_invalid. For `foreign_route::admit`.
expected<void> admit_host(const node_port& port, const foreign_request& x);

http_response answer_host(int status, json body);

/// The status decides whether a host sends the same again: not what never will do.
int status_for_host(const error& e);

/// The envelope of an error under that status.
http_response refuse_host(const error& e);

} // namespace aops::http
