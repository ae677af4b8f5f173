#pragma once

#include "http/routes/ask.hpp"
#include "http/routes/data_routes.hpp"

#include <functional>
#include <string>

namespace aops::http {

/// What becomes of `username` in the body of a request of the internal interface.
enum class named_user : uint8_t {
  acts,       ///< The request is his; a service must name him. Taken out of the body.
  may_act,    ///< The same, but a service may also act for itself.
  admin_acts, ///< The same, but a service that names nobody acts for the first administrator.
  is_meant,   ///< He is what the request is about, such as a log-in: stays in the body.
  lists,      ///< It is a list of users, which the route itself judges.
};

/// How a route of the internal interface is made of another one.
struct acting {
  data_door door;
  named_user user = named_user::acts;
  /// Brings another accepted form of a body into the one of the route.
  std::function<void(json& body)> tidy{};
};

/// A route for services, or an administrator, on the path of the internal interface: it does what
/// `twin` does for the user who is named. ec::permission_denied for an administrator who names
/// another than himself, and for what the user may not do.
route acting_route(const node_port& port, route twin, std::string path, acting how);

} // namespace aops::http
