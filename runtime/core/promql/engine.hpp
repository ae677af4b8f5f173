#pragma once

#include "runtime/core/promql/parser.hpp"
#include "runtime/core/promql/source.hpp"

#include <atomic>

namespace aops::promql {

/// How queries are evaluated, and what one may cost.
struct engine_options {
  int64_t lookback_ms = 300'000;    ///< For how long the last point of a series counts.
  int64_t default_step_ms = 60'000; ///< Of a subquery that names none.
  /// Names of metrics are dropped from the result, not where a function drops them.
  bool late_name_removal = false;
  parse_limits parse;
  size_t most_samples = 50'000'000; ///< In memory at once.
  size_t most_series = 200'000;     ///< Of one selector.
  size_t most_labels = 2'000'000;   ///< Label sets that it reads or makes.
  size_t most_steps = 11'000;       ///< Of a range query, and of a subquery between two steps.
  size_t most_work = 2'000'000'000; ///< Samples looked at, each time one is.
  const std::atomic<bool>* cancelled = nullptr; ///< Looked at in each step; may be null.
};

struct instant_sample {
  labels metric;
  double value = 0;
};

struct range_series {
  labels metric;
  std::vector<point> points;
};

/// What a query yields; which member counts depends on `type`.
struct result {
  value_type type = value_type::vector;
  double scalar = 0;
  std::string text;
  std::vector<instant_sample> vector; ///< As the query orders it.
  std::vector<range_series> matrix;   ///< By labels.
  std::vector<std::string> warnings, infos;
};

/// A parsed query, to be evaluated again and again.
class query {
public:
  /// `ec::bad_request` with `line:column: parse error: reason`.
  static expected<query> parse(std::string text, const parse_limits& limits = {});

  /// The value at one time. `ec::bad_request` when the data does not allow it, `ec::overloaded`
  /// when it would cost more than it may, `ec::cancelled`, or what the source says.
  expected<result> at(source& data, int64_t time_ms, const engine_options& options = {}) const;
  /// The values at `start_ms`, `start_ms + step_ms`, … up to `end_ms`.
  expected<result> over(source& data,
                        int64_t start_ms,
                        int64_t end_ms,
                        int64_t step_ms,
                        const engine_options& options = {}) const;

  const std::string& text() const { return text_; }
  const node& root() const { return *root_; }

private:
  std::string text_;
  std::shared_ptr<const node> root_;
};

/// A query that is evaluated at one time after the other, as its series grow: what a window has
/// seen is not read again. The series are those that the source has when it is first evaluated;
/// their readers say that they `grows`. For queries without `@`.
class live_query {
public:
  /// @param query,data,options Outlive this.
  live_query(const query& query, source& data, const engine_options& options);
  ~live_query();
  live_query(live_query&&) noexcept;
  live_query& operator=(live_query&&) noexcept;

  /// The vector at a time later than the one before; a scalar is an element without labels. Valid
  /// until the next call. As `query::at`; after an error nothing can be evaluated any more.
  expected<std::span<const instant_sample>> at(int64_t time_ms);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace aops::promql
