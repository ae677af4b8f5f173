#pragma once

#include "actors/plugin/plugin_pool.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/doctor/judge.hpp"
#include "runtime/io/storage/database_pool.hpp"

#include <memory>

namespace aops::node {

/// Measures this machine for a configuration. Blocks, for seconds when something does not answer.
/// @param pool The store of a node that runs here; null: one is opened for reading, as it is.
/// @param plugins Those of that node; null: whether their programs are there.
doctor::facts measure(const base::config& config,
                      storage::database_pool* pool,
                      const actors::plugin_pool* plugins);

/// `aops-node doctor`: a line for each item, or JSON.
/// @returns 0 all is well, 10 there are warnings, 1 something is broken.
int examine(const base::config& config, bool as_json);

} // namespace aops::node
