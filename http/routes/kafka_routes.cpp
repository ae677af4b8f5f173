#include "http/routes/routes.hpp"
#include "messages/roles/kafka.hpp"

namespace aops::http {

std::vector<route> kafka_routes(const node_port& port) {
  using role = kafka_store_actor;
  auto name = actors::kafka_store_name;
  auto who = may::administrator;
  return {
    ask<role, kafka_query, kafka_status>(port,
                                         method::get,
                                         "/kafka/status",
                                         who,
                                         name,
                                         "How this node gets on with its message queue."),
    ask<role, dead_query, dead_page>(
      port, method::post, "/kafka/dlq/get", who, name, "List messages that could not be used."),
    only_reading(ask<role, dead_to_show, dead_shown>(
      port, method::post, "/kafka/dlq/show", who, name, "Show one of them with its content.")),
    ask<role, dead_to_replay, dead_changed>(
      port, method::post, "/kafka/dlq/replay", who, name, "Send them to their topics again."),
    ask<role, dead_to_drop, dead_changed>(
      port, method::remove, "/kafka/dlq/drop", who, name, "Forget their contents."),
  };
}

} // namespace aops::http
