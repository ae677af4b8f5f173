#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Keys of hosts as OpenSSH keeps and shows them.
namespace aops::ansible {

/// A file of known hosts in which the host has these keys.
/// @param keys `type base64` each; what looks otherwise is left out.
std::string known_hosts(std::string_view host, const std::vector<std::string>& keys);

/// The keys of a file of known hosts, as above.
std::vector<std::string> keys_of(std::string_view known_hosts);

/// What is said when a host shows another key than it is known by: both fingerprints. Empty when
/// that is not what ssh complained about.
std::string changed_key_message(std::string_view ssh_output, const std::vector<std::string>& keys);

} // namespace aops::ansible
