#pragma once

#include "messages/values.hpp"
#include "runtime/base/config.hpp"

namespace aops::node {

/// By which services prove themselves: the first line of `data.credential_file`. Made with 256
/// random bits, readable by its owner only, when the file is missing. ec::bad_request naming a file
/// that cannot be used, or that others may read.
expected<sealed_text> service_credential(const base::config& c);

} // namespace aops::node
