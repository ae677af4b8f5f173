#pragma once

#include "runtime/base/fitting.hpp"
#include "runtime/io/storage/result_repository.hpp"

#include <algorithm>
#include <array>

/// What the parts of `result_repository` that write share.
namespace aops::storage {

inline constexpr int64_t from_engine = 0;
inline constexpr int64_t from_others = 1;

/// The number of an engine's value. 0 for an unknown one.
inline int64_t number_of(std::string_view value) {
  if (value == "Abnormal")
    return 1;
  if (value == "No data")
    return 2;
  return value == "Internal error" ? 3 : 0;
}

/// What completes the key of an engine's row: the value and the number of its label set.
inline int64_t mark_of(std::string_view value, int64_t labels) {
  return labels << 2 | number_of(value);
}
inline int64_t labels_in(int64_t mark) { return mark >> 2; }
inline std::string_view value_in(int64_t mark) {
  static constexpr std::string_view names[] = {"", "Abnormal", "No data", "Internal error"};
  return names[mark & 3];
}

/// The labels of a row `r`, joined as `l`.
inline constexpr std::string_view join_labels =
  " left join label_set l on l.n = case when r.origin = 0 then r.mark >> 2 end ";

/// No longer than its column, and no character cut.
inline std::string_view clipped(std::string_view reason) { return base::fitting(reason, 256); }

/// Set for the few intervals that a search must look far back for.
inline std::optional<int64_t> long_start(int64_t start_ms, int64_t end_ms) {
  if (end_ms - start_ms <= result_repository::usual_ms)
    return {};
  return start_ms;
}

/// A row to insert.
struct new_row {
  std::string_view owner;
  int64_t host;
  std::string_view check_item;
  int64_t origin, mark, rule;
  std::string_view value, reason;
};

inline constexpr std::string_view insert_result =
  "insert into check_result (owner, host, check_item, origin, mark, start_ms, end_ms, value, rule, "
  "long_start_ms, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr size_t result_columns = 11;

inline std::array<parameter, result_columns>
values_of(const new_row& x, int64_t start_ms, int64_t end_ms) {
  return {x.owner,
          x.host,
          x.check_item,
          x.origin,
          x.mark,
          start_ms,
          end_ms,
          x.value,
          x.rule,
          long_start(start_ms, end_ms),
          clipped(x.reason)};
}

/// Pieces of at most `longest_ms`; neighbours share a moment.
std::vector<result_interval> split(const result_interval& x);

/// A host's integer key. ec::not_found.
expected<int64_t> host_key(database& db, std::string_view owner, std::string_view host_id);

} // namespace aops::storage
