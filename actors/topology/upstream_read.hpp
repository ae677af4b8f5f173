#pragma once

#include "messages/upstream.hpp"
#include "runtime/core/topology/past.hpp"
#include "runtime/io/storage/database.hpp"

#include <string>

namespace aops::actors {

/// Hosts of one slice that are looked at, the nearest first, and hosts of all slices of one query.
inline constexpr size_t most_upstream_hosts = 64, most_upstream_hosts_in_all = 256;
/// Results of one query.
inline constexpr size_t most_upstream_results = 20'000;

/// Which hosts a host needed slice by slice, and what is stored of check items on them.
/// @param q Within its bounds.
expected<upstream_found> upstream_in(storage::database& db,
                                     const std::string& owner,
                                     const topology::viewer& who,
                                     const upstream_query& q,
                                     int64_t now_ms,
                                     const topology::topology_rules& rules);

} // namespace aops::actors
