#include "cli/aops/report/report_html.hpp"
#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

constexpr int box_width = 230, column_gap = 56, row_gap = 12, line_height = 17, margin = 14;
constexpr size_t letters = 30; ///< Columns of text that fit into a box.

struct box {
  const fault_node* node = nullptr;
  int x = 0, y = 0, height = 0;
  std::vector<std::string> name, detail;
  std::vector<size_t> children;
};

/// Places boxes: depth goes to the right, leaves go down, a branch stands in the middle of its
/// children.
class layout {
public:
  explicit layout(const fault_node& root) {
    place(root, 0);
    height = bottom_ - row_gap + margin;
  }

  std::vector<box> boxes;
  int width = 0, height = 0;

private:
  size_t place(const fault_node& node, int depth) {
    auto index = boxes.size();
    boxes.push_back(box{&node, margin + depth * (box_width + column_gap), 0, 0, {}, {}, {}});
    fill(boxes[index]);
    width = std::max(width, boxes[index].x + box_width + margin);
    auto top = bottom_;
    std::vector<size_t> below;
    for (const auto& child : node.children)
      below.push_back(place(child, depth + 1));
    auto& own = boxes[index];
    own.children = below;
    own.y = top;
    if (!below.empty()) {
      const auto &first = boxes[below.front()], &last = boxes[below.back()];
      own.y = std::max(top, (first.y + last.y + last.height) / 2 - own.height / 2);
    }
    bottom_ = std::max(bottom_, own.y + own.height + row_gap);
    return index;
  }

  static void fill(box& b) {
    const auto& node = *b.node;
    b.name = wrapped(printable(node.name), letters);
    auto detail = node.is_leaf ? node.asked : node.condition;
    if (!detail.empty() && detail != node.name)
      b.detail = wrapped(printable(detail), letters);
    if (!node.msg.empty())
      b.detail.push_back(printable(node.msg));
    if (node.is_cause)
      b.detail.emplace_back("root cause");
    b.height = static_cast<int>(b.name.size() + b.detail.size()) * line_height + 14;
  }

  int bottom_ = margin;
};

std::string_view class_of(const fault_node& node) {
  switch (node.state) {
  case node_state::is_true:
    return node.is_cause ? "true cause" : "true";
  case node_state::missing:
    return node.is_cause ? "missing cause" : "missing";
  case node_state::is_false:
    return "false";
  default:
    return "plain";
  }
}

std::string edge(const box& from, const box& to) {
  int x1 = from.x + box_width, y1 = from.y + from.height / 2, y2 = to.y + to.height / 2,
      bend = (x1 + to.x) / 2;
  bool is_true = from.node->state == node_state::is_true && to.node->state == node_state::is_true;
  return fmt::format("<path class=\"edge{}\" d=\"M{} {}C{} {} {} {} {} {}\"/>\n",
                     is_true ? " true" : "",
                     x1,
                     y1,
                     bend,
                     y1,
                     bend,
                     y2,
                     to.x,
                     y2);
}

/// What the browser shows when the pointer rests on the box.
std::string tooltip(const fault_node& node) {
  std::string text = node.name;
  for (const auto* more : {&node.condition, &node.asked, &node.description, &node.advice})
    if (!more->empty())
      text += "\n" + *more;
  std::string lines;
  size_t at = 0;
  for (auto end = text.find('\n'); end != std::string::npos;
       at = end + 1, end = text.find('\n', at))
    lines += html_text(std::string_view{text}.substr(at, end - at)) + "\n";
  return lines + html_text(std::string_view{text}.substr(at));
}

std::string draw(const box& b) {
  const auto& node = *b.node;
  auto out = fmt::format("<g class=\"{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" "
                         "height=\"{}\" rx=\"{}\"/>\n",
                         class_of(node),
                         tooltip(node),
                         b.x,
                         b.y,
                         box_width,
                         b.height,
                         node.is_leaf ? 14 : 3);
  int y = b.y + 4;
  auto line = [&](const std::string& text, std::string_view kind) {
    y += line_height;
    out += fmt::format(
      "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", kind, b.x + 10, y, html_text(text));
  };
  for (const auto& text : b.name)
    line(text, "name");
  for (const auto& text : b.detail)
    line(text, "detail");
  return out + "</g>\n";
}

} // namespace

std::string to_svg(const fault_node& root) {
  layout placed(root);
  auto out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{}\" "
                         "height=\"{}\" viewBox=\"0 0 {} {}\">\n",
                         placed.width,
                         placed.height,
                         placed.width,
                         placed.height);
  for (const auto& b : placed.boxes)
    for (auto child : b.children)
      out += edge(b, placed.boxes[child]);
  for (const auto& b : placed.boxes)
    out += draw(b);
  return out + "</svg>\n";
}

} // namespace aops::cli
