// Calls of functions of range vectors.
#include "runtime/core/promql/arithmetic.hpp"
#include "runtime/core/promql/range_functions.hpp"

#include <array>
#include <cmath>

namespace aops::promql {

namespace {

bool is_counter_name(std::string_view name) {
  static constexpr std::array<std::string_view, 4> ends = {"_total", "_sum", "_count", "_bucket"};
  return std::any_of(ends.begin(), ends.end(), [&](auto end) { return name.ends_with(end); });
}

/// Whether the first and last points are all that it looks at.
bool looks_at_ends(std::string_view name) {
  static constexpr std::array<std::string_view, 6> names = {
    "count_over_time", "last_over_time", "present_over_time", "delta", "idelta", "irate"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

class call : public step {
public:
  call(run& r, const node& n, int64_t first, int64_t last)
      : run_(r), node_(n), function_(make_range_function(n.function->name)),
        keeps_name_(n.function->name == "last_over_time"),
        of_counters_(n.function->name == "rate" || n.function->name == "increase"), drop_(r) {
    for (const auto& child : n.children) {
      if (child->type == value_type::matrix)
        matrix_ = child.get(), windows_ = make_windows(r, *child, first, last);
      else
        parameter_node_ = child.get(), parameter_ = make_step(r, *child, first, last);
    }
    slides_ = looks_at_ends(n.function->name) || make_sliding_function(n.function->name);
  }

  void at(int64_t t, samples& out) override {
    range_call c;
    c.t_ms = t;
    c.parameter = parameter_ ? scalar_at(*parameter_, t) : 0;
    const auto& windows = windows_->at(t);
    c.begin_ms = windows_->begin_ms;
    c.end_ms = windows_->end_ms;
    if (!windows.empty())
      check_parameter(c.parameter);
    for (const auto& w : windows) {
      run_.look_at(slides_ ? 1 : w.points.size());
      if (run_.problem)
        return;
      auto value = function_->at(c, w);
      if (!value)
        continue;
      if (of_counters_)
        note_name(w.metric);
      sample s{w.metric, w.drops_name, *value};
      if (!keeps_name_)
        drop_(s);
      out.push_back(s);
    }
    drop_.check(out);
  }

private:
  void check_parameter(double q) {
    if (node_.function->name == "quantile_over_time" && !(q >= 0 && q <= 1))
      run_.warn("quantile value should be between 0 and 1, got " + short_text(q),
                parameter_node_->begin);
  }
  /// Each metric once: told by its label set.
  void note_name(label_id metric) {
    if (metric >= noted_.size())
      noted_.resize(run_.table.size());
    if (noted_[metric])
      return;
    noted_[metric] = true;
    auto name = value_of(run_.table.at(metric), metric_name);
    if (!name.empty() && !is_counter_name(name))
      run_.inform("metric might not be a counter, name does not end in "
                  "_total/_sum/_count/_bucket: " +
                    in_quotes(name),
                  matrix_->begin);
  }

  run& run_;
  const node& node_;
  std::unique_ptr<range_function> function_;
  bool keeps_name_, of_counters_, slides_ = false;
  name_dropper drop_;
  const node* matrix_ = nullptr;
  const node* parameter_node_ = nullptr;
  std::unique_ptr<window_source> windows_;
  step_ptr parameter_;
  std::vector<bool> noted_;
};

} // namespace

step_ptr make_range_call(run& r, const node& n, int64_t first, int64_t last) {
  return std::make_unique<call>(r, n, first, last);
}

} // namespace aops::promql
