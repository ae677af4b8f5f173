#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

std::string dot_quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : printable(text)) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string_view fill_of(node_state state) {
  switch (state) {
  case node_state::is_true:
    return "#f8b4b0";
  case node_state::missing:
    return "#fbe3a1";
  default:
    return "#ffffff";
  }
}

std::string_view border_of(node_state state) {
  return state == node_state::is_true   ? "#b3261e"
         : state == node_state::missing ? "#8a6100"
                                        : "#5f6368";
}

/// A label of up to two lines: dot's own line break must stay unescaped.
std::string label_of(const fault_node& node) {
  auto label = dot_quoted(node.name);
  auto second =
    node.is_leaf ? (node.msg.empty() ? node.asked : node.asked + ": " + node.msg) : node.condition;
  if (second.empty() || second == node.name)
    return label;
  return label.substr(0, label.size() - 1) + "\\n" + dot_quoted(second).substr(1);
}

/// Writes the node and all below it; returns its number.
size_t append_node(std::string& out, const fault_node& node, size_t& next) {
  auto number = next++;
  out += fmt::format("  n{} [label={}, shape={}, fillcolor=\"{}\", color=\"{}\"{}];\n",
                     number,
                     label_of(node),
                     node.is_leaf ? "ellipse" : "box",
                     fill_of(node.state),
                     border_of(node.state),
                     node.is_cause ? ", peripheries=2, penwidth=2" : "");
  for (const auto& child : node.children) {
    auto below = append_node(out, child, next);
    bool is_true = node.state == node_state::is_true && child.state == node_state::is_true;
    out += fmt::format(
      "  n{} -> n{}{};\n", number, below, is_true ? " [color=\"#b3261e\", penwidth=2]" : "");
  }
  return number;
}

} // namespace

std::string to_dot(const std::vector<picture>& pictures) {
  std::string out;
  for (const auto& p : pictures) {
    const auto& host = p.host.empty() ? p.report.host_id : p.host;
    auto title = p.is_judged
                   ? fmt::format("{} on {}: {}", p.report.tree_name, host, verdict_of(p.report))
                   : p.report.tree_name;
    out += fmt::format(
      "digraph {} {{\n  rankdir=LR;\n  label={};\n  labelloc=t;\n  fontname=\"sans-serif\";\n",
      dot_quoted(p.report.tree_name),
      dot_quoted(title));
    out += "  node [style=filled, fontname=\"sans-serif\"];\n  edge [arrowhead=none, "
           "color=\"#5f6368\"];\n";
    size_t next = 0;
    if (p.report.has_tree)
      append_node(out, p.report.root, next);
    out += "}\n";
  }
  return out;
}

} // namespace aops::cli
