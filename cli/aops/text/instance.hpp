#pragma once

#include "cli/aops/text/json.hpp"

#include <string>

namespace aops::cli {

/// `disk-full{fstype="ext4",mountpoint="/var"}`: an instance of a rule by its labels; without any
/// the name alone. Of a `match`, operators stand where they stand in Prometheus: `fstype=~"ext.*"`.
std::string instance_text(const std::string& name, const json& labels, bool is_match = false);

} // namespace aops::cli
