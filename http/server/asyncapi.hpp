#pragma once

#include "runtime/base/config.hpp"
#include "runtime/base/json_library.hpp"

#include <string>

namespace aops::http {

/// The AsyncAPI 3 document of the message queue, made from the descriptions of its messages: what
/// may be sent to which topic, and what is published there.
/// @param c Its section `kafka` names the topics.
nlohmann::json asyncapi_of(const base::config& c, const std::string& version);

} // namespace aops::http
