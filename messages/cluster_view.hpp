#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What the store says of a cluster at one moment of its own clock. Pure data: the SQL repository
/// fills it for the node, the simulator for its virtual nodes.
namespace aops::schedule {

/// What a node's row says. A node that wants to leave is `draining` until it has no slots.
enum class member_state : uint8_t { alive, draining, gone };

/// A node of the cluster.
struct member {
  std::string node;
  int64_t incarnation = 0; ///< Grows with each start; a lease belongs to one incarnation.
  std::string address;     ///< `host:port` of its links.
  int64_t protocol = 0;    ///< Version of what it speaks.
  member_state state = member_state::gone;
  int64_t until_ms = 0;        ///< End of its lease by the store's clock.
  int64_t started_ms = 0;      ///< When this incarnation joined.
  std::string http;            ///< Base URL of its REST interface; for people.
  std::string version;         ///< Release; for people.
  int64_t hosts = 0, jobs = 0; ///< What it owned at its last renewal; for people.
};

/// Who leads. The epoch grows with every change of holder.
struct leadership {
  std::string holder;
  uint64_t epoch = 0;
  int64_t until_ms = 0;
};

/// Who owns a slot. The epoch grows with every change of owner and with every new incarnation.
struct assignment {
  std::string node; ///< Empty: nobody's.
  uint64_t epoch = 0;
  std::string target; ///< Whom the owner is to hand it to; empty: nobody.
};

/// One reading of the store, in one transaction.
struct cluster_view {
  int64_t now_ms = 0; ///< The store's clock.
  int64_t map_version = 0;
  leadership leader;
  std::vector<member> members;   ///< Ascending by id; those long gone may be missing.
  std::vector<assignment> slots; ///< Index: slot.

  const member* find(const std::string& node) const {
    for (const auto& x : members)
      if (x.node == node)
        return &x;
    return nullptr;
  }
};

} // namespace aops::schedule
