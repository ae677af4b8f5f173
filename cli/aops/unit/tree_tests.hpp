#pragma once

#include "cli/aops/text/json.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::cli {

/// One test that was run.
struct tested_case {
  std::string name, tree;
  std::vector<std::string> mismatches; ///< Each: what, what was expected, what came.
};

/// What the tests of a tree made of one of its nodes; of one with `expand`, of all its copies.
struct covered_node {
  std::string path;                         ///< `host slow > cpu exhausted`
  bool was_true = false, was_false = false; ///< With certainty.
  bool is_covered() const { return was_true && was_false; }
};

struct tree_coverage {
  std::string tree;
  std::vector<covered_node> nodes; ///< In tree order.
};

struct tree_tests_result {
  std::vector<tested_case> cases;
  std::vector<tree_coverage> coverage; ///< Of each tree that has a test.
};

/// Gives the text of a file that another file names.
using file_reader = std::function<expected<std::string>(const std::string& path)>;

/// Runs the tests of a file, JSON or YAML: see docs/reference/diagnosis.md#tests-of-trees.
/// @param name Of the file; what it names lies beside it.
/// @return ec::bad_request names the file and what in it means nothing.
expected<tree_tests_result>
run_tree_tests(const std::string& name, std::string_view text, const file_reader& read);

} // namespace aops::cli
