#pragma once

#include "messages/rounds.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace aops::check {

/// What a stored result says. A normal point is never stored.
enum class result_value : uint8_t { abnormal, no_data, internal_error };

/// The contract's texts: `Abnormal`, `No data`, `Internal error`.
std::string_view to_string(result_value v);
/// The value of such a text; false and `v` unchanged for any other.
bool from_text(std::string_view text, result_value& v);

/// A stored result of one rule on one host: `value` held at the first and the last time, and at all
/// points between.
struct interval {
  int64_t start_ms = 0, end_ms = 0;
  result_value value = result_value::abnormal;
  std::string reason = {}; ///< Why it is not `Abnormal`; of its first point.

  /// A reason tells, it does not decide: rows that differ in nothing else are the same row.
  friend bool operator==(const interval& a, const interval& b) { return a <=> b == 0; }
  friend std::strong_ordering operator<=>(const interval& a, const interval& b) {
    return std::tie(a.start_ms, a.end_ms, a.value) <=> std::tie(b.start_ms, b.end_ms, b.value);
  }
};

/// A reason in rows and alerts, in bytes; what is longer is cut at a character.
inline constexpr size_t longest_reason = 256;
std::string short_reason(std::string text);

/// A point joins a run of its value when it lies at most this far after the run's end.
constexpr int64_t join_distance_ms(int64_t period_ms) { return period_ms + period_ms / 2; }

/// No stored interval is longer; a longer run is split, so that queries by time find it by index.
inline constexpr int64_t longest_interval_ms = int64_t{24} * 3600 * 1000;

/// Joins intervals of equal value by `join_distance_ms` and splits what becomes too long, counted
/// from the start of the run. A run has the reason it began with. Values do not see each other.
/// Ordered by start; a second pass changes nothing.
std::vector<interval> merged(std::vector<interval> parts, int64_t period_ms);

/// What a judgement of one instance of a rule on one host over a range of time makes of its stored
/// rows. As the store applies it: rows that lie within the range are deleted, then `rows` are put
/// in.
struct rule_change {
  std::string check_item;
  std::string rule_digest; ///< Of the rule that judged; results show the rule as it was.
  int64_t replace_from_ms = 0, replace_until_ms = 0; ///< Both ends included.
  std::vector<interval> rows;
  label_set labels = {}; ///< Of the instance; each has rows of its own.
  friend bool operator==(const rule_change&, const rule_change&) = default;
};

/// A row as the store has it.
struct stored_row {
  interval row;
  std::string rule_digest; ///< Empty: that of whoever judges now.
  friend bool operator==(const stored_row&, const stored_row&) = default;
};

/// A range of time, ends included.
struct time_range {
  int64_t from_ms = 0, until_ms = 0;
  friend auto operator<=>(const time_range&, const time_range&) = default;
};

/// Where `rewrite` must see the stored rows: those that overlap this range.
time_range rows_needed(const rule_change& judged, int64_t period_ms);

/// Fits a judgement into the rows that are stored already: cuts these at the judged range and joins
/// what is left of them with the new rows, to the left and to the right. Rows that another version
/// of the rule found are cut, but never joined. Once the answer is applied, the same judgement
/// yields nothing any more. Reading, rewriting and applying belong in one transaction.
/// @param existing At least the rows of `rows_needed` of this instance and host made by the engine,
/// any order; rows further away stay as they are.
/// @param judged `rows` are what was found between `replace_from_ms` and `replace_until_ms`.
/// @return Changes to apply in this order; empty when nothing changes.
std::vector<rule_change>
rewrite(std::span<const stored_row> existing, const rule_change& judged, int64_t period_ms);

/// The same in the words of messages. `interval_of` yields nothing for a text that is no value.
result_change to_message(const rule_change& change);
std::optional<interval> interval_of(const result_interval& row);

} // namespace aops::check
