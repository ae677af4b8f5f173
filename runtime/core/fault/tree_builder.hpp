#pragma once

#include "runtime/base/json_library.hpp"
#include "runtime/core/fault/condition.hpp"
#include "runtime/core/fault/tree.hpp"

#include <string>
#include <vector>

namespace aops::fault {

/// Checks a tree's content and compiles it. One use.
class tree_builder {
public:
  using json = nlohmann::ordered_json;

  /// @param from `expansion`: a node that still has `expand` is a leaf without data. `import`:
  /// unknown members are refused.
  explicit tree_builder(tree::origin from)
      : is_import_(from == tree::origin::import), is_adapted_(from == tree::origin::expansion) {}

  expected<tree> run(const json& content);

private:
  bool visit(const json& x, uint32_t parent, size_t depth, size_t place);
  bool visit_leaf(const json& x, uint32_t self);
  bool visit_branch(const json& x, uint32_t self, size_t depth);
  bool visit_children(const json& children, uint32_t self, size_t depth);
  bool read_name(const json& x, uint32_t self, size_t place);
  bool read_texts(const json& x, uint32_t self);
  bool read_expand(const json& x, uint32_t self);
  void warn_about(uint32_t self, const condition& what);

  bool read_members(const json& x, uint32_t self);
  std::optional<uint32_t> item_of(const json& leaf, uint32_t self);
  std::vector<uint32_t> children_of(uint32_t node) const;
  void compile();
  void compile_branch(uint32_t node, std::vector<uint32_t>& gate_of_node);

  void write(const json& x);
  void write_children(const json& children);
  void write_hole(uint32_t node, bool is_message);

  bool refuse(uint32_t node, std::string_view why, size_t place = 0);

  bool is_import_ = false, is_adapted_ = false;
  bool is_adaptive_ = false;
  tree out_;
  std::vector<condition> conditions_; ///< By node; empty for leaves.
  uint32_t written_ = 0;              ///< Nodes whose text has begun.
  std::string reason_;
};

} // namespace aops::fault
