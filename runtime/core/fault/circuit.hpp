#pragma once

#include <cstdint>
#include <vector>

namespace aops::fault {

/// What is known of a truth, as three bits that `&` and `|` combine lane by lane (and `negation`
/// turns round): `holds`: the truth of `value`, where missing knowledge counts as false;
/// `can_be`: true is still possible; `must_be`: true whatever is missing. Known true is 7, known
/// false 0, unknown `can_be` with or without `holds`.
namespace truth {
inline constexpr uint8_t holds = 1, can_be = 2, must_be = 4, yes = 7;

constexpr uint8_t negation(uint8_t x) {
  return static_cast<uint8_t>((~x & holds) | ((~x & must_be) >> 1) | ((~x & can_be) << 1));
}
constexpr bool is_known(uint8_t x) { return ((x & can_be) != 0) == ((x & must_be) != 0); }
} // namespace truth

/// A tree's conditions as one list of gates, each after all it depends on, so that one pass over
/// it evaluates the tree. Gate ids: first the leaves in tree order, then the gates.
struct circuit {
  /// While a tree is read: a leaf without check item.
  static constexpr uint32_t no_item = UINT32_MAX;

  struct gate {
    uint32_t begin = 0, end = 0; ///< Its operands.
    bool is_or = false;
  };
  std::vector<uint32_t> leaf_items; ///< Check item of each leaf; `items` when it has none.
  std::vector<gate> gates;
  std::vector<uint32_t> operands;     ///< Gate id * 2, plus 1 when negated.
  std::vector<uint32_t> gate_of_node; ///< By node in tree order.
  uint32_t items = 0;                 ///< Number of check items.

  uint32_t size() const { return static_cast<uint32_t>(leaf_items.size() + gates.size()); }
  uint32_t root() const { return gate_of_node.front(); }
};

} // namespace aops::fault
