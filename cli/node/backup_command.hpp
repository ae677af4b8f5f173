#pragma once

#include "runtime/base/config.hpp"

#include <string>

/// `aops-node backup`, `verify` and `restore`: all of a store in a file, and back.
namespace aops::node {

struct backup_options {
  std::string file;
  std::string key_file;  ///< Empty: `backup.key_file` of the configuration.
  bool replaces = false; ///< Restore: an embedded store that is there is put aside.
};

/// Beside running nodes. @returns The program's exit status, as do the others.
int back_up(const backup_options& o, const base::config& config);

/// Needs no store.
int verify_backup(const backup_options& o, const base::config& config);

/// Into an empty store that no node uses.
int restore(const backup_options& o, const base::config& config);

} // namespace aops::node
