#pragma once

#include "runtime/base/config_files.hpp"

namespace aops::node {

/// Opens and reads the files that a configuration names, as the node will. ec::bad_request with
/// `FILE:LINE: section.key: reason`.
expected<void> check_config(const base::located_config& config);

} // namespace aops::node
