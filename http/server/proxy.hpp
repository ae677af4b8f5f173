#pragma once

#include "http/server/exchange.hpp"

#include <string>
#include <vector>

/// What a proxy in front of the server says of a request.
namespace aops::http {

/// Where it serves us, from `X-Forwarded-Prefix`: empty, or `/aops`. It ends up in links, so it is
/// a plain path or nothing.
std::string base_path_of(const http_request& request);

/// Puts the client's address and whether it came by TLS into a request that one of these proxies
/// sends: the last address of `X-Forwarded-For` that is none of them, for those before it may be
/// invented, and `X-Forwarded-Proto`. Of others nothing is believed.
/// @param trusted Addresses and networks.
void believe_proxy(http_request& request, const std::vector<std::string>& trusted);

} // namespace aops::http
