#include "runtime/core/fault/tree_builder.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/fault/expand.hpp"
#include "runtime/core/fault/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::fault {
namespace {

using json = nlohmann::ordered_json;

bool is_text(const json& x, const char* member) {
  auto found = x.find(member);
  return found != x.end() && found->is_string() &&
         !trim(found->get_ref<const std::string&>()).empty();
}

/// How an error names a node: `"root" > "hw" > child 2`.
std::string quoted(const std::vector<std::string>& path, size_t place) {
  constexpr size_t shown = 6; // Of a deep path the beginning and the end.
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!out.empty())
      out += " > ";
    if (i == shown && path.size() > 2 * shown) {
      out += "...";
      i = path.size() - shown - 1;
    } else {
      out += path[i].empty() ? fmt::format("child {}", place) : fmt::format("\"{}\"", path[i]);
    }
  }
  return out;
}

std::string text_of(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace

expected<tree> tree_builder::run(const json& content) {
  if (!content.is_object() || content.empty())
    return fail(ec::bad_request, "the tree must be a JSON object that describes its root");
  if (!visit(content, tree::no_parent, 1, 0))
    return fail(ec::bad_request, std::move(reason_));
  compile();
  write(content);
  if (is_adaptive_)
    out_.template_ = std::make_shared<const json>(content);
  return std::move(out_);
}

bool tree_builder::refuse(uint32_t node, std::string_view why, size_t place) {
  auto path = out_.path(node);
  if (path.size() == 1 && path.front().empty())
    path.front() = "root";
  reason_ = fmt::format("{}: {}", quoted(path, place), why);
  return false;
}

bool tree_builder::visit(const json& x, uint32_t parent, size_t depth, size_t place) {
  auto self = static_cast<uint32_t>(out_.nodes_.size());
  out_.nodes_.emplace_back().parent = parent;
  conditions_.emplace_back();
  if (out_.nodes_.size() > max_nodes)
    return refuse(0, fmt::format("the tree has more than {} nodes", max_nodes));
  if (depth > max_depth)
    return refuse(parent, fmt::format("the tree is deeper than {} levels", max_depth));
  if (!x.is_object())
    return refuse(self, "must be a JSON object", place);
  if (!read_name(x, self, place) || !read_members(x, self) || !read_texts(x, self) ||
      !read_expand(x, self))
    return false;
  if (x.contains("check item") || (is_adapted_ && x.contains("expand")))
    return visit_leaf(x, self);
  return visit_branch(x, self, depth);
}

bool tree_builder::read_name(const json& x, uint32_t self, size_t place) {
  if (!is_text(x, "node name"))
    return refuse(self, "\"node name\" must be a text that is not empty", place);
  auto& node = out_.nodes_[self];
  node.name = x.at("node name").get<std::string>();
  if (has_operator(node.name))
    return refuse(self, "a node name must not hold && || ! ( or )");
  return true;
}

bool tree_builder::read_members(const json& x, uint32_t self) {
  static constexpr std::string_view of_all[] = {
    "node name", "description", "advice", "expand", "value", "msg"};
  static constexpr std::string_view of_branches[] = {"condition", "children"};
  static constexpr std::string_view of_leaves[] = {
    "check item", match_member, instances_member, scope_member, depth_member};
  if (!is_import_)
    return true;
  auto is_in = [](const auto& names, const std::string& name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  bool is_leaf = x.contains("check item");
  for (const auto& [name, value] : x.items()) {
    if (is_in(of_all, name) || is_in(of_branches, name) || name == "check item")
      continue; // Whether branches and leaves have theirs is looked at with their contents.
    if (is_in(of_leaves, name)) {
      if (!is_leaf)
        return refuse(self, fmt::format("\"{}\" is for leaves (nodes with \"check item\")", name));
      if (name == depth_member && x.value(scope_member, json{}) != upstream_scope)
        return refuse(self, "\"depth\" is for leaves with \"scope\": \"upstream\"");
      continue;
    }
    std::vector<std::string_view> known(std::begin(of_all), std::end(of_all));
    known.insert(known.end(), std::begin(of_branches), std::end(of_branches));
    known.insert(known.end(), std::begin(of_leaves), std::end(of_leaves));
    return refuse(self,
                  fmt::format("unknown member '{}'{}", name, base::did_you_mean(name, known)));
  }
  return true;
}

bool tree_builder::read_texts(const json& x, uint32_t self) {
  auto read = [&](const char* member, std::string& to) {
    auto found = x.find(member);
    if (found == x.end() || found->is_null())
      return true;
    if (!found->is_string())
      return refuse(self, fmt::format("\"{}\" must be a text", member));
    to = found->get<std::string>();
    return true;
  };
  auto& node = out_.nodes_[self];
  return read("description", node.description) && read("advice", node.advice);
}

bool tree_builder::read_expand(const json& x, uint32_t self) {
  auto found = x.find("expand");
  if (found == x.end() || is_adapted_)
    return true;
  if (self == 0)
    return refuse(self, "the root cannot be expanded");
  if (auto why = refuse_expand(*found, out_.nodes_[self].name); !why.empty())
    return refuse(self, why);
  if (auto wanted = label_in(*found))
    if (auto& all = out_.wanted_labels_; std::find(all.begin(), all.end(), *wanted) == all.end())
      all.push_back(std::move(*wanted));
  is_adaptive_ = true;
  return true;
}

bool tree_builder::visit_leaf(const json& x, uint32_t self) {
  if (self == 0)
    return refuse(self, "the root must be a branch, not a leaf with a \"check item\"");
  auto& node = out_.nodes_[self];
  node.is_leaf = true;
  if (is_adapted_ && x.contains("expand")) {
    node.item = circuit::no_item;
    return true;
  }
  if (!is_text(x, "check item"))
    return refuse(self, "\"check item\" must be a text that is not empty");
  if (x.contains("children") || x.contains("condition"))
    return refuse(self,
                  "a leaf (a node with \"check item\") has no \"children\" and no \"condition\"");
  auto item = item_of(x, self);
  node.item = item.value_or(0);
  return item.has_value();
}

bool tree_builder::visit_branch(const json& x, uint32_t self, size_t depth) {
  if (!is_text(x, "condition"))
    return refuse(self, "\"condition\" must be a text that is not empty");
  auto children = x.find("children");
  if (children == x.end() || !children->is_array() || children->empty())
    return refuse(self, "\"children\" must be a list of at least one node");
  if (!visit_children(*children, self, depth))
    return false;

  name_index names;
  uint32_t next = 0;
  for (auto child : children_of(self))
    if (!names.emplace(out_.nodes_[child].name, next++).second)
      return refuse(child, "a sibling has the same name");
  auto parsed = parse_condition(x.at("condition").get_ref<const std::string&>(), names);
  if (!parsed)
    return refuse(self, parsed.error().detail);
  warn_about(self, *parsed);
  conditions_[self] = std::move(*parsed);
  return true;
}

bool tree_builder::visit_children(const json& children, uint32_t self, size_t depth) {
  size_t place = 0;
  for (const auto& child : children)
    if (!visit(child, self, depth + 1, ++place))
      return false;
  out_.nodes_[self].extent = static_cast<uint32_t>(out_.nodes_.size() - self);
  return true;
}

void tree_builder::warn_about(uint32_t self, const condition& what) {
  auto warn = [&](uint32_t node, std::string_view message) {
    auto& out = out_.warnings_.emplace_back();
    out.path = out_.path(node);
    out.message = message;
  };
  if (what.mixes_operators)
    warn(self, "the condition mixes && and || without parentheses; && is read before ||");
  auto children = children_of(self);
  std::vector<bool> is_mentioned(children.size());
  for (const auto& place : what.names)
    is_mentioned[place.child] = true;
  for (size_t i = 0; i < children.size(); ++i)
    if (!is_mentioned[i])
      warn(children[i], "the condition of the parent does not mention this node");
}

std::optional<uint32_t> tree_builder::item_of(const json& leaf, uint32_t self) {
  auto next = static_cast<uint32_t>(out_.items_.size());
  auto [found, is_new] = out_.item_index_.emplace(key_of(leaf), next);
  // A tree that is stored goes on with what it was taken for: there an equal leaf was not read.
  if (!is_new && !is_import_)
    return found->second;
  auto asked = read_leaf_item(leaf);
  if (!asked) {
    refuse(self, asked.error().detail);
    return std::nullopt;
  }
  if (!is_new)
    return found->second;
  out_.items_.push_back(asked->text);
  out_.asked_.push_back(std::move(*asked));
  return next;
}

std::vector<uint32_t> tree_builder::children_of(uint32_t node) const {
  std::vector<uint32_t> out;
  const auto& nodes = out_.nodes_;
  for (auto i = node + 1; i < node + nodes[node].extent; i += nodes[i].extent)
    out.push_back(i);
  return out;
}

void tree_builder::compile() {
  auto& gates = out_.circuit_;
  auto& nodes = out_.nodes_;
  gates.items = static_cast<uint32_t>(out_.items_.size());
  gates.gate_of_node.resize(nodes.size());
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].is_leaf)
      continue;
    nodes[i].item =
      std::min(nodes[i].item, gates.items); // Without an item: the one after the last.
    gates.gate_of_node[i] = static_cast<uint32_t>(gates.leaf_items.size());
    gates.leaf_items.push_back(nodes[i].item);
  }
  // Backwards through the tree order every child comes before its parent.
  for (auto i = static_cast<uint32_t>(nodes.size()); i-- > 0;)
    if (!nodes[i].is_leaf)
      compile_branch(i, gates.gate_of_node);
}

void tree_builder::compile_branch(uint32_t node, std::vector<uint32_t>& gate_of_node) {
  auto& gates = out_.circuit_;
  const auto& what = conditions_[node];
  auto children = children_of(node);
  auto first_gate = gates.size();
  for (const auto& group : what.groups) {
    auto begin = static_cast<uint32_t>(gates.operands.size());
    for (auto i = group.begin; i < group.end; ++i) {
      const auto& x = what.operands[i];
      auto id = x.is_group ? first_gate + x.index : gate_of_node[children[x.index]];
      gates.operands.push_back(id << 1 | (x.is_negated ? 1U : 0U));
    }
    gates.gates.push_back({begin, static_cast<uint32_t>(gates.operands.size()), group.is_or});
  }
  gate_of_node[node] = gates.size() - 1;
}

void tree_builder::write(const json& x) {
  auto self = written_++;
  auto is_leaf = out_.nodes_[self].is_leaf;
  auto& text = out_.text_;
  auto separator = '{';
  auto begin_member = [&](std::string_view quoted_name) {
    text += separator;
    text.append(quoted_name).append(":");
    separator = ',';
  };
  for (const auto& [name, value] : x.items()) {
    begin_member(text_of(name));
    if (name == "value")
      write_hole(self, false);
    else if (is_leaf && name == "msg")
      write_hole(self, true);
    else if (!is_leaf && name == "children")
      write_children(value);
    else
      text += text_of(value);
  }
  if (!x.contains("value")) {
    begin_member("\"value\"");
    write_hole(self, false);
  }
  if (is_leaf && !x.contains("msg")) {
    begin_member("\"msg\"");
    write_hole(self, true);
  }
  text += '}';
}

void tree_builder::write_children(const json& children) {
  auto separator = '[';
  for (const auto& child : children) {
    out_.text_ += separator;
    write(child);
    separator = ',';
  }
  out_.text_ += ']';
}

void tree_builder::write_hole(uint32_t node, bool is_message) {
  out_.holes_.push_back({out_.text_.size(), node, is_message});
}

} // namespace aops::fault
