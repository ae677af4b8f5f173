#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "runtime/core/check/selector.hpp"
#include "runtime/core/fault/slice.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::fault {

/// What leaves ask of a rule: of any or all of its instances, of those whose labels match. Leaves
/// that ask the same share one.
struct leaf_item {
  std::string check_item;
  std::shared_ptr<const check::selector> match; ///< Null: whatever their labels.
  bool is_all = false;
  /// As reports name it: `disk-full`, `disk-full{mountpoint="/var"}`, `all disk-full`.
  std::string text;

  /// Whether it asks of any instance, whatever its labels, as every leaf does that says nothing.
  bool is_plain() const { return !is_all && !match; }
};

/// Members of a leaf that say which instances it means; others are ignored.
inline constexpr const char *match_member = "match", *instances_member = "instances";

/// @param node Its `check item` is a text. ec::bad_request with the reason.
expected<leaf_item> read_leaf_item(const nlohmann::ordered_json& node);

/// The same as one text: equal for leaves that ask the same.
std::string key_of(const nlohmann::ordered_json& node);

/// An instance of a rule. Results count them from 1; what a result of 0 says is said of the rule as
/// a whole.
struct item_instance {
  label_set labels;
  std::string text; ///< `disk-full{mountpoint="/var"}`
};

/// When there were samples of an instance, as far as known.
struct presence {
  uint32_t instance = 0;
  int64_t first_ms = 0, last_ms = 0;
};

/// Which instances a leaf means, by number; the first one is for what is said of all.
std::vector<bool> selected_instances(const leaf_item& what, std::span<const item_instance> all);

/// The state of a leaf that is not plain, from its rule's results, those outside the slice ignored.
/// See docs/reference/diagnosis.md#instances.
leaf_state state_of_instances(const leaf_item& what,
                              const std::vector<bool>& selected,
                              std::span<const result> results,
                              std::span<const presence> present,
                              slice when,
                              bool is_covered);

} // namespace aops::fault
