#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/fault/circuit.hpp"
#include "runtime/core/fault/leaf_item.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aops::fault {

inline constexpr size_t max_nodes = 10'000;
inline constexpr size_t max_depth = 200;
/// Unknown members are carried through, but not this deep.
inline constexpr int max_json_depth = 512;

/// A label of the instances of a rule.
struct rule_label {
  std::string check_item, label;
  friend auto operator<=>(const rule_label&, const rule_label&) = default;
};

/// What a host adapts an adaptive tree to; absent or empty facts count as missing.
struct host_facts {
  std::optional<uint32_t> core_count;
  std::vector<std::string> disks;
  /// Values of a label of the instances of a rule, in order.
  std::map<rule_label, std::vector<std::string>> instances = {};
  friend bool operator==(const host_facts&, const host_facts&) = default;
};

/// Something a user should look at; the tree is usable.
struct warning {
  std::vector<std::string> path; ///< Node names from the root.
  std::string message;
};

/// A fault tree, checked and compiled: immutable, shared by threads. Nodes are numbered in tree
/// order (a node before its children, children in order), the root is 0. See
/// docs/reference/diagnosis.md#trees.
class tree {
public:
  static constexpr uint32_t no_parent = UINT32_MAX;

  struct node {
    std::string name, description, advice;
    uint32_t parent = no_parent;
    /// Nodes of its subtree, itself included; `index + extent` is what follows it.
    uint32_t extent = 1;
    uint32_t item = 0; ///< Leaf: index of what it asks; `items().size()` when it asks nothing.
    bool is_leaf = false;
  };

  /// Checks whether a tree is legal. Members keep their order; unknown ones are carried through.
  /// @return ec::bad_request with the node's path and the reason.
  static expected<tree> parse(const nlohmann::ordered_json& content);
  static expected<tree> parse(const nlohmann::json& content);
  static expected<tree> parse_text(std::string_view text);

  /// The legality check of an import: the same, and no node has a member that means nothing.
  static expected<tree> import_text(std::string_view text);

  const std::vector<node>& nodes() const { return nodes_; }
  /// What leaves ask, in tree order, each once: check items, and which of their instances.
  const std::vector<leaf_item>& asked() const { return asked_; }
  /// Their texts: of a leaf that says nothing of instances, its check item.
  const std::vector<std::string>& items() const { return items_; }
  std::optional<uint32_t> find_item(std::string_view text) const;
  /// Indexes of the items in the order of canonical JSON members.
  const std::vector<uint32_t>& sorted_items() const { return sorted_items_; }
  std::vector<std::string> path(uint32_t node) const; ///< Names from the root.

  /// Mixed operators without parentheses; children that no condition mentions.
  const std::vector<warning>& warnings() const { return warnings_; }
  /// The warning that needs the user's rules: leaves whose check item has none.
  std::vector<warning>
  items_without_rule(const std::function<bool(const std::string&)>& has_rule) const;

  /// SHA-256 (hex) of the canonical JSON of the tree as it was imported.
  const std::string& digest() const { return digest_; }

  /// Whether nodes carry `expand`. Such a tree is evaluated through `adapt`.
  bool is_adaptive() const { return template_ != nullptr; }
  /// Labels of instances that an adaptive tree is expanded by: the facts it asks for beside cores
  /// and disks.
  const std::vector<rule_label>& wanted_labels() const { return wanted_labels_; }
  /// The facts an adapted tree was made for; none for a plain tree.
  const std::optional<host_facts>& facts() const { return facts_; }

  const circuit& gates() const { return circuit_; }

  /// The report's text: the tree as JSON with `value` and (leaves) `msg` filled in, members in
  /// their order.
  /// @param values As `evaluator::values` gives them, one per node; else ec::corrupt.
  expected<std::string> text(std::span<const uint8_t> values) const;

private:
  friend class tree_builder;
  friend expected<std::shared_ptr<const tree>> adapt(std::shared_ptr<const tree> what,
                                                     const host_facts& facts);

  /// Where a node's `value` or `msg` goes into the text.
  struct hole {
    size_t at = 0;
    uint32_t node = 0;
    bool is_message = false;
  };

  /// Where a content comes from.
  enum class origin : uint8_t { import, store, expansion };
  static expected<tree> build(const nlohmann::ordered_json& content, origin from);
  static expected<tree> parse(const nlohmann::ordered_json& content, origin from);
  static expected<tree> parse_text(std::string_view text, origin from);

  std::vector<node> nodes_;
  std::vector<leaf_item> asked_;
  std::vector<std::string> items_;
  std::unordered_map<std::string, uint32_t> item_index_; ///< By `key_of`.
  std::vector<uint32_t> sorted_items_;
  std::vector<warning> warnings_;
  std::string digest_;
  circuit circuit_;
  std::string text_; ///< The report's text without the holes.
  std::vector<hole> holes_;
  std::vector<rule_label> wanted_labels_;
  std::shared_ptr<const nlohmann::ordered_json> template_; ///< The content of an adaptive tree.
  std::optional<host_facts> facts_;
};

using tree_ptr = std::shared_ptr<const tree>;

/// The tree for a host: each node with `expand` replaced by one copy per core, disk or instance, or
/// by one leaf without data when the facts are missing. A tree without `expand` comes back as it
/// is. See docs/reference/diagnosis.md#adaptation-to-the-host.
/// @return ec::bad_request when the expanded tree is not legal (two siblings of one name, too many
/// nodes).
expected<tree_ptr> adapt(tree_ptr what, const host_facts& facts);

} // namespace aops::fault
