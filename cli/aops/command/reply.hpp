#pragma once

#include "cli/aops/text/json.hpp"

namespace aops::cli {

/// Whether all or some of it was done.
bool succeeded(const json& reply);
bool partly_succeeded(const json& reply);

/// `code` and `msg` of a reply that is no success, its detail, and what to do about it.
error reply_error(const json& reply);

} // namespace aops::cli
