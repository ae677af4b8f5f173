#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace aops::fault {

/// What a slice says about one check item. `not_evaluated`: no result, but nobody looked either (no
/// rule, or no coverage); its value is false, as missing knowledge counts, its verdict is unknown.
enum class leaf_state : uint8_t { normal, abnormal, no_data, internal_error, not_evaluated };

/// Three-valued (Kleene) truth.
enum class verdict : uint8_t { no, yes, unknown };

/// `false`, `true`, `unknown`.
std::string_view to_string(verdict x);

/// A span of diagnosed time; both ends belong to it.
struct slice {
  int64_t start_ms = 0, end_ms = 0;
  friend bool operator==(const slice&, const slice&) = default;
};

/// One stored result of one check item of the host.
struct result {
  int64_t start_ms = 0, end_ms = 0;
  leaf_state value = leaf_state::abnormal; ///< abnormal, no_data or internal_error.
  uint32_t instance = 0;                   ///< Of the rule, see `item_data`; 0: the rule itself.
  std::string_view reason = {};            ///< Why it is not abnormal.
  friend auto operator<=>(const result&, const result&) = default;
};

/// Reads a result's `value`: any text but `Abnormal` and `No data` counts as an internal error.
leaf_state state_of(std::string_view result_value);

/// `Abnormal`, `No data`, `Internal error`; empty for the others.
std::string_view result_text(leaf_state x);

/// The `msg` of a leaf: `No data`, `Internal error` or empty.
constexpr std::string_view leaf_message(leaf_state x) {
  switch (x) {
  case leaf_state::no_data:
    return "No data";
  case leaf_state::internal_error:
    return "Internal error";
  default:
    return "";
  }
}

/// The state of an item from its results, those outside the slice ignored: abnormal before no data
/// before internal error. See docs/reference/diagnosis.md#leaves.
/// @param is_covered Whether somebody looked; without results it tells normal from not evaluated.
leaf_state state_in(std::span<const result> results, slice when, bool is_covered = true);

/// How many slices `slices` gives.
uint64_t slice_count(int64_t start_ms, int64_t end_ms, int64_t interval_ms);

/// Neighbouring slices of `interval_ms`, the last may be shorter; none when `start_ms >= end_ms`.
/// @param interval_ms Not zero, else ec::bad_request; a negative one gives no slice.
expected<std::vector<slice>> slices(int64_t start_ms, int64_t end_ms, int64_t interval_ms);

} // namespace aops::fault
