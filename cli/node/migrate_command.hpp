#pragma once

#include "runtime/base/config.hpp"

#include <string>

namespace aops::node {

/// `aops-node migrate`: moves the embedded store in `from` to the empty database that `config`
/// names, then compares both row for row. Progress goes to standard error, a table of what was
/// moved to standard output. The embedded store stays as it is.
///
/// @returns An exit code: 2 when nothing was begun (no such store, a node runs on it, the target is
/// no MariaDB or not empty), 1 when it failed or the copy differs.
int migrate(const std::string& from, const base::config& config);

} // namespace aops::node
