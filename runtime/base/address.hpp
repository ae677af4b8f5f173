#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Where a machine is reached: an IP address or a DNS name.
namespace aops::base {

/// IPv4 as four numbers, IPv6 without brackets and zone.
bool is_ip_address(const std::string& text);

/// Labels of letters, digits, `-` and `_`, at most 63 each and 253 together, with or without the
/// dot of the root; the last label is no number, as no domain's is.
bool is_dns_name(std::string_view text);

/// The one form of an address that is either: names in lower case and without the dot of the root,
/// IP addresses as the system writes them. Any other text as it is.
std::string canonical_address(const std::string& text);

/// `192.0.2.0/24`, `2001:db8::/32`, or one address.
bool is_network(const std::string& text);

/// Whether an address lies in one of these networks; false for what is none. IPv4 addresses and
/// networks mean the same when written as `::ffff:192.0.2.1`.
bool is_in_networks(const std::string& address, const std::vector<std::string>& networks);

/// With the brackets that IPv6 needs before a port: `[::1]:9100`.
std::string with_port(const std::string& address, int64_t port);

} // namespace aops::base
