#pragma once

#include "cli/aops/command/session.hpp"

namespace aops::cli {

/// `host trust`: shows the SSH keys of a host, and accepts them when the user wants that.
int trust_host(session& s);

} // namespace aops::cli
