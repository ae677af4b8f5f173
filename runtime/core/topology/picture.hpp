#pragma once

#include "messages/topology.hpp"
#include "runtime/core/topology/world.hpp"

#include <string>
#include <unordered_map>

namespace aops::topology {

/// A host that somebody sees.
struct seen_host {
  std::string name;
  std::string address; ///< Under which it is managed: an IP address or a name.
  std::string group = {};
};

/// The hosts that a viewer sees. All others are addresses to him.
class viewer {
public:
  void add(const std::string& host_id, seen_host x);
  /// Null: he does not see it.
  const seen_host* find(const std::string& host_id) const;
  /// The host that is managed under an address, empty when there is none or more than one.
  const std::string& managed_under(const std::string& address) const;
  const std::unordered_map<std::string, seen_host>& all() const { return hosts_; }

private:
  std::unordered_map<std::string, seen_host> hosts_;
  std::unordered_map<std::string, std::string> by_address_; ///< Empty: several.
};

struct picture_query {
  std::string host_id; ///< Empty: all hosts.
  int64_t depth = 1;   ///< So many links from that host outwards; 0: within the host.
  int64_t now_ms = 0;
  size_t most_entities = 20'000;
};

/// Hosts, processes, links and external addresses, joined from both sides of links. The same for
/// the same windows, whoever asks. `code` and `missing` are left to the caller.
topology_entities
picture_of(const world& w, const viewer& who, const picture_query& q, const topology_rules& rules);

/// How hosts and links of a viewer are. `code` and `missing` are left to the caller.
topology_status
status_of(const world& w, const viewer& who, int64_t now_ms, const topology_rules& rules);

} // namespace aops::topology
