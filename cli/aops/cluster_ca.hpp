#pragma once

#include "cli/aops/verb.hpp"

namespace aops::cli {

class session;

/// Adds `aops cluster ca init|issue|revoke` to the verb `cluster`: the action `ca`, its options,
/// and the word behind it. Needs no node and no token.
void add_ca_verbs(verb& cluster);

/// The action `ca`: the cluster's private authority as files in a folder, see `add_ca_verbs`.
int run_cluster_ca(session& s);

} // namespace aops::cli
