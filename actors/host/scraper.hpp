#pragma once

#include "actors/support/checked_state.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/interfaces.hpp"
#include "runtime/io/net/http_multi.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

/// Command: send this request. Never leaves the process.
struct fetch_order {
  net::request what;
};

/// How it ended; the transfer itself may have failed.
struct fetched {
  std::shared_ptr<net::reply> how;
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::fetch_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::fetched)

namespace aops::actors {

/// SCRAPER: all outgoing HTTP of a node, on one thread of its own.
using scraper_actor =
  caf::typed_actor<caf::replies_to<fetch_order>::with<fetched>, caf::reacts_to<atom::ping>>;

struct scraper_state {
  explicit scraper_state() = default;
  static inline const char* name = "scraper";
  std::unique_ptr<net::http_multi> http;
};

/// Sends requests and hands answers back unread: who asked parses them. ec::overloaded when too
/// many are under way.
scraper_actor::behavior_type
scraper(scraper_actor::stateful_pointer<checked_state<scraper_state>> self,
        net::http_multi_options options);

} // namespace aops::actors
