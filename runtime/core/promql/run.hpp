#pragma once

#include "runtime/core/promql/engine.hpp"

#include <algorithm>
#include <set>

namespace aops::promql {

struct sample {
  label_id metric = 0;
  bool drops_name = false; ///< The name of its metric goes at the end.
  double value = 0;
};
using samples = std::vector<sample>;

/// What the nodes of one evaluation share.
struct run {
  run(const engine_options& o, source& d, std::string_view query, int64_t start, int64_t end)
      : options(o), data(d), text(query), start_ms(start), end_ms(end) {}

  const engine_options& options;
  source& data;
  std::string_view text;
  int64_t start_ms, end_ms;

  label_table table;
  std::set<std::string> warnings, infos;
  std::optional<error> problem; ///< The first; what is computed after it does not count.
  size_t held = 0;              ///< Samples in memory.
  size_t work = 0;

  void fail(std::string detail, ec code = ec::bad_request) {
    if (!problem)
      problem = error{code, std::move(detail)};
  }
  /// Both add the place in the query.
  void warn(const std::string& what, size_t offset) {
    warnings.insert("PromQL warning: " + what + " (" + place(offset) + ")");
  }
  void inform(const std::string& what, size_t offset) {
    infos.insert("PromQL info: " + what + " (" + place(offset) + ")");
  }
  void hold(size_t count) {
    held += count;
    if (held > options.most_samples)
      fail("query processing would load too many samples into memory in query execution",
           ec::overloaded);
  }
  void release(size_t count) { held -= std::min(count, held); }
  void look_at(size_t count) {
    work += count;
    if (work > options.most_work)
      fail("query processing would look at too many samples in query execution", ec::overloaded);
  }
  /// Whether the evaluation has to end; asked in each step.
  bool ended() {
    if (table.size() > options.most_labels)
      fail("query processing would make too many label sets in query execution", ec::overloaded);
    if (options.cancelled && options.cancelled->load(std::memory_order_relaxed))
      fail("the query was cancelled", ec::cancelled);
    return problem.has_value();
  }
  /// No two of them may have the same labels.
  void check_unique(const samples& x);

private:
  std::string place(size_t offset) const;
  std::vector<uint32_t> seen_in_; ///< By label set: in which check it was seen.
  uint32_t checks_ = 0;
};

/// Drops the name of the metric, now or at the end.
class name_dropper {
public:
  explicit name_dropper(run& r) : run_(r) {}
  void operator()(sample& s) {
    s.drops_name = true;
    if (!run_.options.late_name_removal)
      s.metric = dropped(s.metric);
  }
  label_id dropped(label_id x) {
    return known_(x, [&] { return run_.table.intern(without_metric(run_.table.at(x))); });
  }
  /// Names that were dropped may have been all that told two apart.
  void check(const samples& x) {
    if (!run_.options.late_name_removal)
      run_.check_unique(x);
  }

private:
  run& run_;
  label_memo known_;
};

/// The points of one series that a range function sees.
struct window {
  label_id metric = 0;
  bool drops_name = false;
  uint32_t slot = 0;             ///< Of the series, the same in each step.
  uint64_t first = 0;            ///< Counts the points of the series before this window.
  std::span<const point> points; ///< Not empty, no stale marker among them.
};

/// A node that yields a matrix. Times only ever grow.
class window_source {
public:
  virtual ~window_source() = default;
  virtual const std::vector<window>& at(int64_t t_ms) = 0;
  /// The range of the last windows: after `begin_ms`, up to `end_ms`.
  int64_t begin_ms = 0, end_ms = 0;
};

/// A node that yields a scalar or a vector. Times only ever grow.
class step {
public:
  virtual ~step() = default;
  /// `out` is empty before. Of a scalar, one sample without labels.
  virtual void at(int64_t t_ms, samples& out) = 0;
};
using step_ptr = std::unique_ptr<step>;

/// The node made ready for evaluation at times from `first_ms` to `last_ms`.
step_ptr make_step(run& r, const node& n, int64_t first_ms, int64_t last_ms);
std::unique_ptr<window_source>
make_windows(run& r, const node& n, int64_t first_ms, int64_t last_ms);

/// The kinds of nodes; each in a file of its own.
step_ptr make_selector(run& r, const node& n, int64_t first_ms, int64_t last_ms, bool times);
step_ptr make_call(run& r, const node& n, int64_t first_ms, int64_t last_ms);
step_ptr make_label_call(run& r, const node& n, step_ptr inner);
step_ptr make_histogram_call(run& r, const node& n, int64_t first_ms, int64_t last_ms);
step_ptr make_range_call(run& r, const node& n, int64_t first_ms, int64_t last_ms);
step_ptr make_aggregate(run& r, const node& n, int64_t first_ms, int64_t last_ms);
step_ptr make_binary(run& r, const node& n, int64_t first_ms, int64_t last_ms);

/// The value of a scalar node.
double scalar_at(step& s, int64_t t_ms);

} // namespace aops::promql
