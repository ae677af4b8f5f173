#pragma once

#include "runtime/base/config_files.hpp"
#include "runtime/base/config_options.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::base {

/// Tables `[[key]]` of a file.
struct option_tables {
  std::string_view key;
  /// Makes room for one more. @returns Its options, of which only `key` counts as their name.
  std::function<std::vector<option>()> add;
};

/// Reads a TOML file of options without sections, and of tables: the configuration of a small
/// program. An unknown key is an error.
/// @returns Where values came from, by `key` or `tables[0].key`; `tables[0]` is the table itself.
/// ec::bad_request with all faults, a line each: `FILE:LINE: key: reason`.
expected<option_origins> read_option_file(const std::string& file,
                                          const std::vector<option>& options,
                                          const std::vector<option_tables>& tables = {});

/// The options as TOML, each with its meaning as a comment before it.
/// @param mark Stands before each line: `# ` for what is a remark only.
std::string option_toml(const std::vector<option>& options, std::string_view mark = {});

} // namespace aops::base
