#pragma once

#include "cli/aops/report/fault_view.hpp"
#include "cli/aops/term/palette.hpp"

namespace aops::cli {

/// How a report is drawn on a terminal.
struct text_style {
  palette colours;
  bool lines = false; ///< With line-drawing characters; needs UTF-8.
  size_t width = 100; ///< Columns; longer advice is wrapped.
};

/// The tree, one node a line: true nodes red, missing knowledge yellow.
std::string tree_text(const fault_node& root, const text_style& style);

/// A report for people: what was judged, the tree, root causes with advice and evidence, what would
/// decide.
/// @param host The host's name; its id is shown when empty.
std::string
report_text(const fault_report& report, const std::string& host, const text_style& style);

} // namespace aops::cli
