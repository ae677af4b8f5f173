#pragma once

#include "cli/aops/unit/tree_tests.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::cli {

/// The files that a pattern with `*`, `?` and `[…]` means, by name.
using file_finder = std::function<std::vector<std::string>(const std::string& pattern)>;

/// Runs a file of tests of rules as `promtool test rules` takes them, JSON or YAML: see
/// docs/reference/rule-files.md#tests.
/// @param name Of the file; what it names lies beside it.
/// @return What failed, in the words of promtool: a block of lines each. Also when the file or one
/// of its rule files does not read.
std::vector<std::string> run_rule_tests(const std::string& name,
                                        std::string_view text,
                                        const file_reader& read,
                                        const file_finder& find);

} // namespace aops::cli
