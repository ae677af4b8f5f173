#pragma once

#include "runtime/base/config.hpp"

#include <string>
#include <vector>

/// `aops-node dump list|show|restore`: what left the store for files, read back.
namespace aops::node {

struct dump_options {
  std::string what; ///< `list`, `show` or `restore`.
  std::vector<std::string>
    paths;          ///< Files, or directories of them; none: that of the configuration.
  std::string kind; ///< Those of one kind only; empty: all.
};

/// @returns The program's exit status.
int read_dumps(const dump_options& o, const base::config& config);

} // namespace aops::node
