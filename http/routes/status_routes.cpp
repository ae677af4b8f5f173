#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/alerts.hpp"
#include "messages/roles/silence.hpp"

namespace aops::http {

std::vector<route> silence_routes(const node_port& port) {
  using role = silence_store_actor;
  auto name = actors::silence_store_name;
  return {
    once_for_key(ask<role, silence_to_add, silence_added>(
      port,
      method::post,
      "/check/silence/add",
      may::user,
      name,
      "Tell nobody of some alerts for a while, or again and again.")),
    ask<role, silences_query, silences_page>(
      port, method::post, "/check/silence/get", may::user, name, "List silences."),
    ask<role, silences_to_end, done>(
      port, method::post, "/check/silence/end", may::user, name, "End silences now."),
  };
}

std::vector<route> status_routes(const node_port& port) {
  using role = alert_store_actor;
  auto name = actors::alert_store_name;
  return {
    ask<role, alerts_query, alerts_page>(
      port, method::post, "/check/status/get", may::user, name, "List what is not well now."),
    ask<role, status_query, status_counts>(
      port,
      method::post,
      "/check/status/count",
      may::user,
      name,
      "Count hosts by state and alerts by severity; name hosts that do not answer."),
    // Receivers are of the node's configuration.
    ask<notifier_actor, receivers_query, receivers_found>(
      port,
      method::get,
      "/notify/receivers",
      may::administrator,
      actors::notifier_name,
      "List whom this node tells of alerts, and how that goes."),
    recorded_here(
      ask<notifier_actor, notice_to_test, notice_tested>(port,
                                                         method::post,
                                                         "/notify/test",
                                                         may::administrator,
                                                         actors::notifier_name,
                                                         "Send a sample to a receiver now.")),
  };
}

} // namespace aops::http
