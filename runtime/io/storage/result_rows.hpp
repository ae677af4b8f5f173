#pragma once

#include "runtime/io/storage/result_repository.hpp"

#include <array>

/// What the parts of `result_repository` that write share.
namespace aops::storage {

inline constexpr int64_t from_engine = 0;
inline constexpr int64_t from_others = 1;

/// What completes the key of an engine's row: its value. 0 for an unknown one.
inline int64_t mark_of(std::string_view value) {
  if (value == "Abnormal")
    return 1;
  if (value == "No data")
    return 2;
  return value == "Internal error" ? 3 : 0;
}

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
};

inline constexpr std::string_view insert_result =
  "insert into check_result (owner, host, check_item, origin, mark, start_ms, end_ms, value, rule, "
  "long_start_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

inline std::array<parameter, 10> values_of(const new_row& x, const result_interval& at) {
  return {x.owner,
          x.host,
          x.check_item,
          x.origin,
          x.mark,
          at.start_ms,
          at.end_ms,
          at.value,
          x.rule,
          long_start(at.start_ms, at.end_ms)};
}

/// Pieces of at most `longest_ms`; neighbours share a moment.
std::vector<result_interval> split(const result_interval& x);

/// A host's integer key. ec::not_found.
expected<int64_t> host_key(database& db, std::string_view owner, std::string_view host_id);

} // namespace aops::storage
