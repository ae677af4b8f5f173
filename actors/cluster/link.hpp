#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/cluster/link_messages.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/support/executor.hpp"

#include <memory>
#include <string>

namespace aops::actors {

class link_line;

struct link_state {
  explicit link_state();
  ~link_state();
  static inline const char* name = "link";
  std::unique_ptr<link_line> line;
};

using link_pointer = link_actor::stateful_pointer<checked_state<link_state>>;

/// The way to one peer. Of two nodes, the one with the lower id dials; the other's link comes up
/// with the hello it gets. While up it sends a pulse every `cluster.heartbeat`; none answered for
/// `cluster.suspect_after`, or the connection lost, fails every parcel under way with
/// ec::unreachable (it may have been carried out) and tells the membership.
///
/// A parcel is answered ec::moved while the link is down: it was not sent. ec::overloaded: too many
/// are under way. ec::bad_request: larger than `cluster.max_message`.
/// @param dialer Where ports are probed; may block for seconds.
link_actor::behavior_type link(link_pointer self,
                               cluster_services_ptr services,
                               std::shared_ptr<executor> dialer,
                               std::string node);

/// Bounds of one link.
inline constexpr size_t most_parcels_under_way = 1024;
inline constexpr size_t most_bytes_under_way = size_t{4} << 20;

} // namespace aops::actors
