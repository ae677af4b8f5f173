#pragma once

#include "runtime/core/promql/series_notation.hpp"

#include <string>
#include <variant>
#include <vector>

/// Test scripts of PromQL: `load`, `clear` and `eval` with what they expect.
namespace aops::vectors::promql_script {

struct load {
  int64_t step_ms = 0;
  bool with_histograms = false; ///< Native ones are made of the classic ones.
  std::vector<promql::noted_series> series;
};

struct clear {};

/// An `expect` line about an error or an annotation.
struct expectation {
  enum class what { fail, warn, no_warn, info, no_info } about = what::fail;
  enum class how { any, text, regex } match = how::any;
  std::string pattern;
};

struct eval {
  std::string query;
  bool is_range = false;
  int64_t start_ms = 0, end_ms = 0, step_ms = 0; ///< Of an instant one, only the start.
  bool ordered = false, fails = false;
  std::vector<expectation> expectations;
  std::optional<std::string> text; ///< The result is a string.
  std::optional<double> scalar;    ///< The result is a scalar.
  bool is_matrix = false;          ///< The result is a range vector, of the three times below.
  int64_t from_ms = 0, to_ms = 0, every_ms = 0;
  std::vector<promql::noted_series> series;
};

/// What does not read as any of them.
struct unreadable {
  std::string text;
};

struct command {
  size_t line = 0; ///< Of the script, from 1.
  std::variant<load, clear, eval, unreadable> what;
  std::string problem; ///< `line N: reason`; what was read before it is there.
};

/// A command that does not read says so; the others are read all the same.
std::vector<command> parse(std::string_view script);

} // namespace aops::vectors::promql_script
