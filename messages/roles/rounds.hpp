#pragma once

#include "messages/roles/role.hpp"
#include "messages/rounds.hpp"
#include "messages/types/rounds.hpp"

namespace aops {

/// ROUND STORE: what hosts write and read. Writes come under the fence of their host: ec::fenced
/// when the slot belongs to another node by now.
using round_store_actor = caf::typed_actor<
  // Stores consecutive rounds of one host, all or none. It may wait for others to share a commit.
  answers<rounds_to_commit, done>,
  // Replaces the results of rules on a host, range by range.
  answers<results_to_replace, done>,
  // What a host actor needs to go on where the last one stopped. ec::not_found.
  answers<host_state_query, host_state>,
  // Stored samples of a host in a range.
  answers<samples_query, sample_rows>,
  // Stored results of a host that overlap a range.
  answers<host_results_query, host_results>,
  caf::reacts_to<atom::ping>>;

/// ROUND PIECES: what queries read.
using round_pieces_actor = caf::typed_actor<
  // Stored samples of many hosts, without what the one who asks has already.
  answers<pieces_query, pieces_found>>;

} // namespace aops
