#pragma once

#include "actors/host/host_services.hpp"
#include "actors/host/prometheus_batch.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/check.hpp"
#include "messages/interfaces.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <set>

namespace aops::actors {

/// Command: read raw samples of these series in [from, until]. Never leaves the process.
struct read_order {
  std::string instance;  ///< `IP:port`, or only `IP` for every port of it.
  std::string preferred; ///< Counts when several ports have a series.
  wanted_list series;
  int64_t from_ms = 0, until_ms = 0;
};

struct samples_read {
  std::shared_ptr<const std::vector<series_points>>
    series; ///< Those without a sample are left out.
};

/// Command: list the series that the host has now.
struct list_order {
  std::string instance, preferred;
  std::vector<std::string> names; ///< Only these; empty: all.
  int64_t from_ms = 0, until_ms = 0;
};

struct series_listed {
  std::shared_ptr<const std::vector<series_info>> series; ///< With their last values.
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::read_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::samples_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::list_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::series_listed)

namespace aops::actors {

/// PROMETHEUS READER: reads the samples of many hosts at once.
using prometheus_reader_actor = caf::typed_actor<caf::replies_to<read_order>::with<samples_read>,
                                                 caf::replies_to<list_order>::with<series_listed>,
                                                 // INTERNAL: gathering ends.
                                                 caf::reacts_to<atom::tick>,
                                                 caf::reacts_to<atom::ping>>;

/// One batch of orders on its way.
struct running_batch {
  explicit running_batch(prometheus_batch what) : batch(std::move(what)) {}
  prometheus_batch batch;
  std::vector<caf::typed_response_promise<samples_read>> promises; ///< One per order.
  std::optional<prometheus_api::fetch> fetch;                      ///< Once sent.
  int64_t deadline_ms = 0;                                         ///< Nobody waits for it longer.
  bool is_long = false;
};

struct prometheus_reader_state {
  explicit prometheus_reader_state() = default;
  static inline const char* name = "prometheus";
  services_ptr services;
  prometheus_api::source source;
  std::deque<std::shared_ptr<running_batch>>
    waiting; ///< Being gathered, or waiting for their turn.
  size_t waiting_orders = 0;
  size_t running_short = 0, running_long = 0;
  size_t lists = 0;
  bool tick_is_due = false;
  bool is_down = false; ///< The last query failed.
};

/// How long a host waits for an order, at most.
std::chrono::milliseconds read_deadline(const base::config& config);

/// Reads samples for hosts from the Prometheus of the configuration, through the scraper. Orders
/// for the same series and times that arrive within a tenth of a second become one ask. Live orders
/// and long reads have budgets of their own. ec::overloaded when too many wait, ec::timed_out when
/// their turn came too late; a failed query fails its hosts alone.
prometheus_reader_actor::behavior_type prometheus_reader(
  prometheus_reader_actor::stateful_pointer<checked_state<prometheus_reader_state>> self,
  services_ptr services);

} // namespace aops::actors
