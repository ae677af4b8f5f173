#pragma once

#include "messages/error.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <functional>
#include <span>

namespace aops::sockets {

/// Messages of the kernel's socket diagnosis (sock_diag, netlink), as one read brings them.
///
/// @param add Gets a row for each socket.
/// @returns Whether this was the end of the list. ec::permission_denied or ec::not_found when the
/// kernel refuses to tell or does not know the family, ec::corrupt when the bytes are no such
/// messages.
expected<bool> read_diag_reply(std::span<const std::byte> bytes,
                               const std::function<void(const socket_row&)>& add);

/// The request for all TCP sockets of a family that matter: those that listen, and those that are
/// connected, with the kernel's figures.
/// @param family 2 (IPv4) or 10 (IPv6).
std::string diag_request(uint8_t family);

} // namespace aops::sockets
