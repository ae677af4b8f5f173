#pragma once

#include "cli/aops/term/palette.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/json.hpp"

#include <string>
#include <vector>

/// What users see of a cluster, drawn from the replies of `/cluster/...`.
namespace aops::cli {

/// The shortest beginnings, of 8 characters or more, by which the ids can be told apart.
std::vector<std::string> short_ids(const std::vector<std::string>& ids);

/// The table of nodes, a row each, with its states in colours.
/// @param width As of `render`.
std::string draw_nodes(const json& reply, bool wide, const palette& colours, size_t width = 0);

/// One row a node with the ranges of its slots, slots of nobody at the end; or one row a slot.
table slot_table(const json& reply, bool wide);

/// How a tree is drawn.
struct tree_style {
  palette colours;
  bool unicode = false;
  bool whole = false; ///< Else more than `most_alike` ordinary children become one line.
  static constexpr size_t most_alike = 12;
};

/// The supervisor trees, one node after the other. An ordinary child runs, never failed, has no
/// children and at most `waiting_is_fine` messages waiting.
std::string draw_trees(const json& reply, const tree_style& style);
inline constexpr double waiting_is_fine = 100;

/// `0-84, 90, 100-255`.
std::string ranges_text(const std::vector<uint64_t>& ascending);

} // namespace aops::cli
