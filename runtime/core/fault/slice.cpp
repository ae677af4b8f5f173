#include "runtime/core/fault/slice.hpp"

namespace aops::fault {

std::string_view to_string(verdict x) {
  switch (x) {
  case verdict::no:
    return "false";
  case verdict::yes:
    return "true";
  case verdict::unknown:
    break;
  }
  return "unknown";
}

leaf_state state_of(std::string_view result_value) {
  if (result_value == "Abnormal")
    return leaf_state::abnormal;
  return result_value == "No data" ? leaf_state::no_data : leaf_state::internal_error;
}

std::string_view result_text(leaf_state x) {
  return x == leaf_state::abnormal ? "Abnormal" : leaf_message(x);
}

leaf_state state_in(std::span<const result> results, slice when, bool is_covered) {
  auto out = is_covered ? leaf_state::normal : leaf_state::not_evaluated;
  for (const auto& x : results) {
    if (x.start_ms > when.end_ms || x.end_ms < when.start_ms)
      continue;
    if (x.value == leaf_state::abnormal)
      return leaf_state::abnormal;
    if (x.value == leaf_state::no_data || out != leaf_state::no_data)
      out = x.value == leaf_state::no_data ? leaf_state::no_data : leaf_state::internal_error;
  }
  return out;
}

uint64_t slice_count(int64_t start_ms, int64_t end_ms, int64_t interval_ms) {
  if (interval_ms <= 0 || start_ms >= end_ms)
    return 0;
  // Unsigned, because the distance of two int64 may not be one.
  auto length = static_cast<uint64_t>(end_ms) - static_cast<uint64_t>(start_ms);
  auto step = static_cast<uint64_t>(interval_ms);
  return length / step + (length % step != 0 ? 1 : 0);
}

expected<std::vector<slice>> slices(int64_t start_ms, int64_t end_ms, int64_t interval_ms) {
  if (interval_ms == 0)
    return fail(ec::bad_request, "interval: must be greater than 0");
  std::vector<slice> out;
  auto count = slice_count(start_ms, end_ms, interval_ms);
  out.reserve(count);
  auto from = start_ms;
  for (uint64_t i = 0; i < count; ++i) {
    auto until = i + 1 == count ? end_ms : from + interval_ms;
    out.push_back({from, until});
    from = until;
  }
  return out;
}

} // namespace aops::fault
