#include "actors/kafka/kafka_services.hpp"

#include "runtime/base/metrics.hpp"

namespace aops::actors {

void count_dropped(const char* reason, int64_t events) {
  metrics::counter_of("aops_kafka_events_dropped_total",
                      "Events that were dropped unpublished, by why.",
                      {{"reason", reason}})
    .add(static_cast<double>(events));
}

} // namespace aops::actors
