#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::tracing {

enum class line_op : uint8_t {
  equal,  ///< `equal`
  add,    ///< `add`
  remove, ///< `remove`
};

std::string_view to_string(line_op x);

/// A line of two texts that are compared.
struct line_change {
  line_op op = line_op::equal;
  size_t old_line = 0, new_line = 0; ///< From 1; 0: not on this side.
  std::string text;                  ///< Without its end; cut to `most_line_bytes`.
};

inline constexpr size_t most_line_changes = 10'000;
inline constexpr size_t most_line_bytes = 4096;

struct line_changes {
  std::vector<line_change> lines;
  size_t added = 0, removed = 0; ///< Of all, also of those left out.
  bool is_cut = false;           ///< There are more lines.
};

/// The shortest difference up to 2,000 changed lines, else one that is fair.
/// @param context Lines shown around a change; those between are left out. Nothing: all lines.
line_changes changed_lines(std::string_view before,
                           std::string_view after,
                           size_t context = static_cast<size_t>(-1),
                           size_t most = most_line_changes);

/// As `diff -u` shows it; empty when nothing differs.
std::string unified(std::string_view before,
                    std::string_view after,
                    std::string_view before_name,
                    std::string_view after_name);

} // namespace aops::tracing
