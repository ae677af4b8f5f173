#include "runtime/core/fault/mind_map.hpp"

#include "runtime/core/fault/names.hpp"
#include "runtime/core/fault/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace aops::fault {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t tool_columns = 7; ///< The last ones belong to the drawing tool.
constexpr size_t first_row = 2;    ///< After the tree's name and the headings.

struct drawn_node {
  std::string name, check_item, condition, description, advice;
  std::vector<uint32_t> children;
  bool is_leaf = false;
};

struct property {
  std::string_view prefix;
  std::string drawn_node::*member;
};
constexpr property properties[] = {{"condition:", &drawn_node::condition},
                                   {"description:", &drawn_node::description},
                                   {"advice:", &drawn_node::advice}};

/// `A`, ..., `Z`, `AA`, ...: as the spreadsheet shows it.
std::string column_name(size_t column) {
  std::string out;
  for (++column; column > 0; column = (column - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

class drawing {
public:
  explicit drawing(const std::vector<std::vector<std::string>>& rows) : rows_(rows) {
    for (const auto& row : rows)
      columns_ = std::max(columns_, row.size());
    columns_ -= std::min(columns_, tool_columns);
  }

  expected<json> run() {
    std::string_view name;
    if (!rows_.empty() && !rows_.front().empty())
      name = trim(rows_.front().front());
    if (name.empty())
      return fail(ec::bad_request, "row 1, column A: the tree's name is missing");
    if (has_operator(name))
      refuse_name();
    add({std::string(name), {}, {}, {}, {}, {}, false});
    for (row_ = first_row; row_ < rows_.size() && reason_.empty(); ++row_)
      read_row(rows_[row_]);
    auto out = reason_.empty() ? content_of(0) : json();
    if (!reason_.empty())
      return fail(ec::bad_request, std::move(reason_));
    return out;
  }

private:
  static constexpr uint32_t a_property = UINT32_MAX;

  void refuse(std::string_view why) {
    if (reason_.empty())
      reason_ = fmt::format("row {}, column {}: {}", row_ + 1, column_name(column_), why);
  }

  void refuse_name() { refuse("a name must not hold && || ! ( or )"); }

  uint32_t add(drawn_node x) {
    nodes_.push_back(std::move(x));
    if (nodes_.size() > max_nodes)
      refuse(fmt::format("the tree has more than {} nodes", max_nodes));
    return static_cast<uint32_t>(nodes_.size() - 1);
  }

  void read_row(const std::vector<std::string>& row) {
    std::string_view text;
    for (size_t i = 0; i < std::min(row.size(), columns_); ++i) {
      auto cell = trim(row[i]);
      if (cell.empty())
        continue;
      column_ = i;
      if (!text.empty())
        return refuse("a row has one cell only");
      text = cell;
    }
    if (!text.empty())
      read_cell(text);
  }

  void read_cell(std::string_view text) {
    // path_[c] is the last cell of column c; a cell's parent stands one column to the left, the
    // root left of A.
    if (column_ > path_.size())
      return refuse("a level is skipped: no cell stands one column to the left above");
    if (column_ + 2 > max_depth)
      return refuse(fmt::format("the tree is deeper than {} levels", max_depth));
    path_.resize(column_);
    auto parent = column_ == 0 ? 0 : path_.back();
    if (parent == a_property)
      return refuse("nothing may stand below a condition, description or advice");
    if (nodes_[parent].is_leaf)
      return refuse(fmt::format("nothing may stand below the leaf \"{}\"", nodes_[parent].name));
    for (const auto& x : properties) {
      if (!text.starts_with(x.prefix))
        continue;
      nodes_[parent].*x.member = trim(text.substr(x.prefix.size()));
      path_.push_back(a_property);
      return;
    }
    auto node = node_of(text);
    if (!node)
      return;
    for (auto sibling : nodes_[parent].children)
      if (nodes_[sibling].name == node->name)
        return refuse(
          fmt::format("two children of \"{}\" are named \"{}\"", nodes_[parent].name, node->name));
    auto self = add(std::move(*node));
    nodes_[parent].children.push_back(self);
    path_.push_back(self);
  }

  std::optional<drawn_node> node_of(std::string_view text) {
    drawn_node out;
    auto bar = text.find('|');
    out.is_leaf = bar != text.npos;
    out.name = trim(text.substr(0, bar));
    if (out.is_leaf)
      out.check_item = trim(text.substr(bar + 1));
    if (out.is_leaf && out.check_item.find('|') != out.check_item.npos)
      refuse("a leaf is `name | check item`, with one |");
    else if (out.is_leaf && (out.name.empty() || out.check_item.empty()))
      refuse("a leaf is `name | check item`; one of them is empty");
    else if (has_operator(out.name))
      refuse_name();
    else if (out.is_leaf)
      pair_up(out);
    if (!reason_.empty())
      return std::nullopt;
    return out;
  }

  /// A check item has one display name in the whole file, and a display name one check item.
  void pair_up(const drawn_node& leaf) {
    auto& name = name_of_item_.try_emplace(leaf.check_item, leaf.name).first->second;
    auto& item = item_of_name_.try_emplace(leaf.name, leaf.check_item).first->second;
    if (name != leaf.name)
      refuse(fmt::format(
        "check item \"{}\" has two names: \"{}\" and \"{}\"", leaf.check_item, name, leaf.name));
    else if (item != leaf.check_item)
      refuse(fmt::format(
        "\"{}\" names two check items: \"{}\" and \"{}\"", leaf.name, item, leaf.check_item));
  }

  json content_of(uint32_t index) {
    const auto& node = nodes_[index];
    if (node.is_leaf)
      return {
        {"node name", node.name}, {"value", nullptr}, {"check item", node.check_item}, {"msg", ""}};
    if (node.children.empty() && reason_.empty())
      reason_ =
        fmt::format("\"{}\" has no children; a leaf is written `name | check item`", node.name);
    auto condition = node.condition.empty() ? usual_condition(node) : node.condition;
    auto children = json::array();
    for (auto child : node.children)
      children.push_back(content_of(child));
    return {{"node name", node.name},
            {"value", nullptr},
            {"condition", condition},
            {"description", node.description},
            {"advice", node.advice},
            {"children", std::move(children)}};
  }

  /// Leaves count together, branches each for itself.
  std::string usual_condition(const drawn_node& node) {
    auto leaves = std::count_if(node.children.begin(), node.children.end(), [&](uint32_t child) {
      return nodes_[child].is_leaf;
    });
    bool is_mixed = leaves > 0 && static_cast<size_t>(leaves) < node.children.size();
    if (is_mixed && reason_.empty())
      reason_ =
        fmt::format("\"{}\" has leaves and branches, so it needs a `condition:`", node.name);
    std::string out;
    for (auto child : node.children) {
      if (!out.empty())
        out += leaves > 0 ? " && " : " || ";
      out += nodes_[child].name;
    }
    return out;
  }

  const std::vector<std::vector<std::string>>& rows_;
  size_t columns_ = 0;
  size_t row_ = 0, column_ = 0;
  std::vector<drawn_node> nodes_;
  std::vector<uint32_t> path_;
  std::unordered_map<std::string, std::string> name_of_item_, item_of_name_;
  std::string reason_;
};

} // namespace

expected<json> from_rows(const std::vector<std::vector<std::string>>& rows) {
  return drawing(rows).run();
}

} // namespace aops::fault
