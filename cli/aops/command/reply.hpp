#pragma once

#include "cli/aops/text/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// Whether all or some of it was done.
bool succeeded(const json& reply);
bool partly_succeeded(const json& reply);

/// What of a request was not done, by name.
struct undone {
  std::string name;
  /// What is called so nowhere: `host`, `tree`, `rule`; empty when it was refused for another
  /// reason.
  std::string_view missing = {};
  std::string reason = {}; ///< When the node tells one.
};

/// All of a reply, in its order.
std::vector<undone> undone_of(const json& reply);

/// What a reply that is no full success says, in a sentence, what to do about it, and then its
/// code.
/// @param names What was not done and is not told elsewhere.
error reply_error(const json& reply, const std::vector<std::string>& names);
error reply_error(const json& reply); ///< With all that was not done.

} // namespace aops::cli
