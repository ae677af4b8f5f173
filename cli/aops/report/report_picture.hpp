#pragma once

#include "cli/aops/report/fault_view.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// What a picture is drawn of: a report, or (only `root` and `tree_name` set) a tree that was not
/// judged.
struct picture {
  fault_report report;
  std::string host; ///< Name shown in the title; the id when empty.
  bool is_judged = true;
};

/// Graphviz text, one `digraph` per picture; true nodes red, missing knowledge yellow, root causes
/// framed twice.
std::string to_dot(const std::vector<picture>& pictures);

/// The tree as SVG: from left to right, a box per node. No scripts, nothing from elsewhere. Its
/// colours are those of the page it is in.
std::string to_svg(const fault_node& root);

/// The same as a file of its own, with its colours.
std::string to_svg_file(const fault_node& root);

/// One self-contained page with every picture as inline SVG and its findings below.
std::string to_html(const std::vector<picture>& pictures);

} // namespace aops::cli
