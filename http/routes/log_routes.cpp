#include "http/routes/routes.hpp"
#include "messages/roles/audit.hpp"

namespace aops::http {

std::vector<route> log_routes(const node_port& port) {
  using role = audit_store_actor;
  auto name = actors::audit_store_name;
  return {
    ask<role, log_query, log_page>(
      port, method::post, "/manage/log/get", may::user, name, "List what was done."),
    only_reading(ask<role, log_to_verify, log_verified>(
      port,
      method::post,
      "/manage/log/verify",
      may::administrator,
      name,
      "Check that the log is as it was written: a portion of it.")),
  };
}

} // namespace aops::http
