#pragma once

#include "actors/host/host_services.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/data.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

struct samples_state {
  explicit samples_state() = default;
  static inline const char* name = samples_name.data();
  services_ptr services;
  size_t under_way = 0; ///< Requests.
};

/// Reads samples for other services, host after host: the store's rounds, or the Prometheus of the
/// configuration. An answer holds at most `most_values` samples, of at most `most_portions` hours
/// of hosts; who wants more asks for parts, or for fewer points. At most `most_readers` are read
/// for at once; one more is ec::overloaded.
samples_actor::behavior_type
samples(samples_actor::stateful_pointer<checked_state<samples_state>> self, services_ptr services);

inline constexpr size_t most_values = 500'000;
inline constexpr size_t most_text_bytes = 16 << 20; ///< Of lines.
inline constexpr size_t most_portions = 2'000;
inline constexpr size_t most_readers = 32;

} // namespace aops::actors
