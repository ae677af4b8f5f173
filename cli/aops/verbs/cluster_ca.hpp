#pragma once

#include "cli/aops/command/session.hpp"

namespace aops::cli {

/// `aops cluster ca init|issue|revoke`: the cluster's private authority as files in a folder. Needs
/// no node and no token.
int run_cluster_ca(session& s);

} // namespace aops::cli
