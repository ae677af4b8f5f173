#pragma once

#include "runtime/core/topology/past.hpp"
#include "runtime/io/storage/topology_repository.hpp"

/// Links as the store has them, and back.
namespace aops::actors {

storage::topology_link_row row_of(const std::string& host_id, const topology::window_link& x);
topology::past_link link_of(const storage::topology_link_row& x);
std::vector<topology::past_link> links_of(const std::vector<storage::topology_link_row>& rows);

storage::topology_host_row row_of(const topology::host_window& x);
topology::past_host host_of(const storage::topology_host_row& x);
std::vector<topology::past_host> hosts_of(const std::vector<storage::topology_host_row>& rows);

} // namespace aops::actors
