#pragma once

#include "actors/query/store_source.hpp"
#include "messages/query.hpp"

#include <atomic>

/// What queries ask for, worked out in the thread that calls: it waits for the store and computes.
/// Errors: ec::bad_request when something does not read, in Prometheus' words; ec::query_failed
/// when the data does not allow it or it would cost more than it may; ec::timed_out when it was
/// cancelled; errors of the store as they are.
namespace aops::actors {

/// Where a query works.
struct query_place {
  store_source& source;
  const std::atomic<bool>& cancelled;
};

expected<query_answer> work_out(const query_at& x, const query_place& at);
expected<query_answer> work_out(const query_over& x, const query_place& at);
expected<query_answer> work_out(const query_to_format& x, const query_place& at);
expected<query_answer> work_out(const series_to_list& x, const query_place& at);
expected<query_answer> work_out(const label_names_to_list& x, const query_place& at);
expected<query_answer> work_out(const label_values_to_list& x, const query_place& at);
expected<query_answer> work_out(const metrics_to_list& x, const query_place& at);

/// How much an answer may be.
inline constexpr size_t most_answer_bytes = size_t{64} << 20;
/// Series, names or values that lists may have.
inline constexpr size_t most_listed = 100'000;

} // namespace aops::actors
