#pragma once

#include "messages/query.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/query.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view queries_name = "queries";
}

/// QUERIES: PromQL over the stored samples of the caller's hosts. Each query: ec::bad_request when
/// it does not read; ec::query_failed when the data does not allow it, or when it would cost more
/// than it may; ec::timed_out; ec::overloaded when too many wait.
using queries_actor = caf::typed_actor<
  // The value at one time.
  asks<query_at, query_answer>,
  // The values over a range.
  asks<query_over, query_answer>,
  // A query as it is best read.
  asks<query_to_format, query_answer>,
  // Series by selectors.
  asks<series_to_list, query_answer>,
  asks<label_names_to_list, query_answer>,
  asks<label_values_to_list, query_answer>,
  // Metrics and of what type they are, by the endings of their names.
  asks<metrics_to_list, query_answer>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
