#pragma once

#include "http/routes/ask.hpp"
#include "http/server/identity.hpp"

#include <memory>

namespace aops::http {

/// POST /api/v1/write: Prometheus' `remote_write`, with the token of a host or of an account.
/// @param who Finds out whose token it is when it is no host's.
foreign_route write_intake_route(const node_port& port, std::shared_ptr<identity_provider> who);

} // namespace aops::http
