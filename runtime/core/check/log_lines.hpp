#pragma once

#include "runtime/core/check/rule_set.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Lines that hosts logged, as rules look at them. See docs/reference/checks.md#log-rules.
namespace aops::check {

/// A line as a `log` item sees it.
struct logged_line {
  int64_t time_ms = 0;
  uint64_t identity = 0; ///< Equal for the same line, whichever node kept it.
  std::string text;
  /// Its fields, and `source`, `program`, `pid`, `facility`, `severity`, `message`, where told.
  label_set labels;
};

/// Whether a line is of the log of this name: its `data_item` says so, or its program, or the file
/// it is from; `message`, `kbox`, `history` and `dmesg` are known by their usual sources, too.
bool is_of_log(std::string_view name, const label_set& labels);

/// Whether a `log` item means a line: its name, and what it has as `match`.
bool is_meant(const compiled_item& x, const label_set& labels);

/// A query (docs/logs.md) that finds all lines of the log of this name, and perhaps more; empty:
/// every line.
std::string query_for_log(std::string_view name);

} // namespace aops::check
