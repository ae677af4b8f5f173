#pragma once

#include "runtime/base/json_library.hpp"

#include <string>
#include <unordered_set>

namespace aops::fault {

/// Hosts that who reads a report may see.
struct seen_hosts {
  std::unordered_set<std::string> ids, names;
};

/// What stands for a host that he may not see.
inline constexpr const char* hidden_host = "another host";

/// Whether details of a report say anything of other hosts than its own.
bool tells_of_other_hosts(const nlohmann::json& details);

/// Takes out of the details of a report what they say of hosts that are not seen: names, addresses,
/// labels, reasons and figures; what was found there stays, of `another host`. A host that has got
/// another name since is not known by its old one.
/// @param tree The tree as the report has it, its leaves made out. Any JSON; what is not as
/// expected is taken for hidden.
void hide_hosts(nlohmann::json& details,
                const nlohmann::ordered_json& tree,
                const seen_hosts& who_sees);

} // namespace aops::fault
