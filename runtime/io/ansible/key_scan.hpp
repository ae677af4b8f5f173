#pragma once

#include "messages/error.hpp"

#include <string>
#include <vector>

namespace aops::ansible {

/// The SSH keys that a machine shows now, `type base64` each, asked by ssh-keyscan. Blocks, for 10
/// s at most. ec::unreachable when it shows none.
expected<std::vector<std::string>> scan_host_keys(const std::string& address, int64_t port);

} // namespace aops::ansible
