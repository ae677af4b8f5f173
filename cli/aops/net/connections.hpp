#pragma once

#include "cli/aops/net/client.hpp"
#include "cli/aops/net/context.hpp"

#include <vector>

namespace aops::cli {

/// What the command line says of the node to ask; empty: nothing.
struct connection_wish {
  std::string urls; ///< Separated by commas.
  std::string access_token, cacert;
  int64_t timeout_s = 60;
};

/// Where and as whom to talk: what was given, then the environment, then what `aops login`
/// remembers. At least one. `ec::bad_request` names the URL that is none.
expected<std::vector<connection>>
connections_of(const connection_wish& given, const context& known, const environment& env);

} // namespace aops::cli
