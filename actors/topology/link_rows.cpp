#include "actors/topology/link_rows.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

/// Its place in a list of names; 0 for one that is in none.
template <class Enum, class Names>
Enum by_name(const Names& names, std::string_view name) {
  auto it = std::find(names.begin(), names.end(), name);
  return it == names.end() ? Enum{} : static_cast<Enum>(it - names.begin());
}

} // namespace

storage::topology_link_row row_of(const std::string& host_id, const topology::window_link& x) {
  const auto& e = x.record.ends;
  storage::topology_link_row out;
  out.host_id = host_id;
  out.key = topology::key_of(e);
  out.kind = table_of(e.kind);
  out.side = name_of(e.side);
  out.process = e.process;
  out.client_ip = e.client_ip;
  out.virtual_ip = e.virtual_ip;
  out.virtual_port = e.virtual_port;
  out.local_ip = e.local_ip;
  out.server_ip = e.server_ip;
  out.server_port = e.server_port;
  out.begin_ms = x.first_ms;
  return out;
}

topology::past_link link_of(const storage::topology_link_row& x) {
  topology::past_link out;
  out.host_id = x.host_id;
  out.begin_ms = x.begin_ms;
  out.end_ms = x.end_ms;
  auto& e = out.ends;
  e.kind = by_name<topology::link_kind>(topology::link_tables, x.kind);
  e.side = by_name<topology::link_side>(topology::link_sides, x.side);
  e.process = x.process;
  e.client_ip = x.client_ip;
  e.virtual_ip = x.virtual_ip;
  e.virtual_port = static_cast<int32_t>(x.virtual_port);
  e.local_ip = x.local_ip;
  e.server_ip = x.server_ip;
  e.server_port = static_cast<int32_t>(x.server_port);
  return out;
}

std::vector<topology::past_link> links_of(const std::vector<storage::topology_link_row>& rows) {
  std::vector<topology::past_link> out;
  out.reserve(rows.size());
  for (const auto& x : rows)
    out.push_back(link_of(x));
  return out;
}

storage::topology_host_row row_of(const topology::host_window& x) {
  std::string addresses;
  for (const auto& a : x.addresses)
    addresses += (addresses.empty() ? "" : ",") + a;
  return {x.host_id, x.machine_id, x.hostname, std::move(addresses), x.received_ms, x.received_ms};
}

topology::past_host host_of(const storage::topology_host_row& x) {
  topology::past_host out{x.host_id, x.machine_id, x.hostname, {}, x.first_ms, x.seen_ms};
  for (std::string_view rest = x.addresses; !rest.empty();) {
    auto comma = std::min(rest.find(','), rest.size());
    out.addresses.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}

std::vector<topology::past_host> hosts_of(const std::vector<storage::topology_host_row>& rows) {
  std::vector<topology::past_host> out;
  out.reserve(rows.size());
  for (const auto& x : rows)
    out.push_back(host_of(x));
  return out;
}

} // namespace aops::actors
