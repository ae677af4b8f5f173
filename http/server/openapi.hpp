#pragma once

#include "http/server/dispatcher.hpp"

namespace aops::http {

/// The OpenAPI 3.0 document of a service, printed from its tables.
json openapi_of(const service& s);

} // namespace aops::http
