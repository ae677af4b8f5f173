#pragma once

#include "runtime/core/topology/picture.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

/// Hosts that tell, for tests of what becomes of it.
namespace aops::tests {

inline topology::link_record tcp(topology::link_side side,
                                 const std::string& process,
                                 const std::string& client,
                                 const std::string& server,
                                 int32_t port) {
  topology::link_record x;
  x.ends.side = side;
  x.ends.process = process;
  x.ends.client_ip = client;
  x.ends.server_ip = server;
  x.ends.server_port = port;
  x.count = 1;
  return x;
}

inline topology::link_record calls(const std::string& process,
                                   const std::string& client,
                                   const std::string& server,
                                   int32_t port) {
  return tcp(topology::link_side::client, process, client, server, port);
}

inline topology::link_record serves(const std::string& process,
                                    const std::string& client,
                                    const std::string& server,
                                    int32_t port) {
  return tcp(topology::link_side::server, process, client, server, port);
}

inline topology::link_record hands_on(const std::string& client,
                                      const std::string& virtual_ip,
                                      int32_t virtual_port,
                                      const std::string& server,
                                      int32_t port) {
  auto x = tcp(topology::link_side::balancer, "ipvs", client, server, port);
  x.ends.kind = topology::link_kind::ipvs;
  x.ends.virtual_ip = virtual_ip;
  x.ends.virtual_port = virtual_port;
  return x;
}

inline topology::batch told_by(const std::string& address,
                               std::vector<topology::link_record> links) {
  topology::batch x;
  x.machine_id = "m" + address;
  x.hostname = "same";
  x.addresses = {address};
  x.period_ms = 1000;
  std::sort(
    links.begin(), links.end(), [](const auto& a, const auto& b) { return a.ends < b.ends; });
  x.links = std::move(links);
  return x;
}

/// A world of hosts `a`, `b`, …, with a clock that is turned by hand.
struct told_world {
  topology::topology_rules rules{5000, 20'000, 86'400'000, 100, {}};
  topology::world world;
  topology::viewer who;
  int64_t now = 1'000'000;

  void see(const std::string& id, const std::string& address) {
    who.add(id, {"host-" + id, address});
  }
  topology::window_change tell(const std::string& id, topology::batch x) {
    auto before = world.find(id);
    auto change = topology::advance(before.get(), id, std::move(x), now, rules);
    world.put(change.after);
    return change;
  }
  topology_entities picture(const std::string& host_id = {}, int64_t depth = 1) const {
    topology::picture_query q;
    q.host_id = host_id;
    q.depth = depth;
    q.now_ms = now;
    return topology::picture_of(world, who, q, rules);
  }
  /// Ids of a picture, one a line; those that are not as usual with what they are.
  std::string drawn(const std::string& host_id = {}, int64_t depth = 1) const {
    return lines_of(picture(host_id, depth));
  }
  static std::string lines_of(const topology_entities& all) {
    std::string out;
    for (const auto& x : all.entities) {
      out += x.entityid;
      if (x.anomaly && x.anomaly->status != "ANOMALY_NO")
        out += " " + x.anomaly->status.substr(8);
      out += "\n";
    }
    return out;
  }
};

inline std::string attr_of(const topology_entity& x, const std::string& key) {
  for (const auto& a : x.attrs)
    if (a.key == key)
      return a.value.text;
  return "none";
}

inline topology_entity entity_in(const topology_entities& all, const std::string& id) {
  for (const auto& x : all.entities)
    if (x.entityid == id)
      return x;
  return {};
}

} // namespace aops::tests
