#include "http/server/service_identity.hpp"

#include "runtime/base/digest.hpp"

namespace aops::http {

caller service_caller() {
  caller who;
  who.role = rights::administrator;
  return who;
}

bool is_service(const caller& who) {
  return who.user.empty() && who.session.empty() && who.role == rights::administrator;
}

expected<identity> service_identity::identify(const http_request& request) {
  auto given = request.header("Access-Token");
  if (credential_.text.empty() || !base::same_secret(given, credential_.text))
    return fail(ec::session_invalid);
  return identity{service_caller(), false};
}

} // namespace aops::http
