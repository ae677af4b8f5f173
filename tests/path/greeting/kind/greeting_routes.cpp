#include "tests/path/greeting/kind/greeting.hpp"
#include "tests/path/greeting/messages.hpp"

namespace aops::tests {

std::vector<http::route> greeting_routes(const http::node_port& port) {
  using http::ask, http::may, http::method;
  return {
    ask<greeter_actor, greetings_to_send, greetings_started>(
      port, method::post, "/greeting/execute", may::user, greeter_name, "Greet hosts."),
    ask<greeting_store_actor, greetings_query, greetings_found>(
      port, method::post, "/greeting/get", may::user, greeting_store_name, "What was said."),
  };
}

} // namespace aops::tests
