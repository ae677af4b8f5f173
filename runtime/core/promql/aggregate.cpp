#include "runtime/core/promql/arithmetic.hpp"
#include "runtime/core/promql/run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aops::promql {

namespace {

/// Which group a label set belongs to.
class grouping {
public:
  grouping(run& r, const node& n) : run_(r), node_(n) {}
  uint32_t of(label_id metric) {
    return known_(metric, [&] {
      auto id = run_.table.intern(kept(run_.table.at(metric)));
      return place_(id, [&] {
        metrics_.push_back(id);
        return static_cast<uint32_t>(metrics_.size() - 1);
      });
    });
  }
  labels kept(const labels& x) const {
    if (!node_.without)
      return only(x, node_.grouping);
    auto names = node_.grouping;
    names.emplace_back(metric_name);
    return without(x, names);
  }
  size_t size() const { return metrics_.size(); }
  label_id metric(size_t group) const { return metrics_[group]; }

private:
  run& run_;
  const node& node_;
  label_memo known_, place_;
  std::vector<label_id> metrics_;
};

/// What one group has come to in one step.
struct group {
  bool seen = false, drops_name = false;
  double value = 0, mean = 0, count = 0;
  careful_sum sum;
  careful_mean average;
  std::vector<double> values; ///< Of a quantile.
};

class reduced : public step {
public:
  reduced(run& r, const node& n, step_ptr inner, step_ptr parameter)
      : run_(r), node_(n), inner_(std::move(inner)), parameter_(std::move(parameter)),
        grouping_(r, n) {}

  void at(int64_t t, samples& out) override {
    double q = parameter_ ? scalar_at(*parameter_, t) : 0;
    if (parameter_ && !(q >= 0 && q <= 1))
      run_.warn("quantile value should be between 0 and 1, got " + short_text(q),
                node_.children[1]->begin);
    input_.clear();
    inner_->at(t, input_);
    for (auto& g : groups_)
      g.seen = false;
    for (const auto& s : input_) {
      auto i = grouping_.of(s.metric);
      if (i >= groups_.size())
        groups_.resize(grouping_.size());
      add(groups_[i], s);
    }
    for (size_t i = 0; i < groups_.size(); ++i)
      if (groups_[i].seen)
        out.push_back({grouping_.metric(i), groups_[i].drops_name, value_of(groups_[i], q)});
  }

private:
  void add(group& g, const sample& s) {
    bool first = !g.seen;
    if (first) {
      auto values = std::move(g.values);
      values.clear();
      g = {};
      g.values = std::move(values);
      g.seen = true;
    }
    g.drops_name = g.drops_name || s.drops_name;
    g.count += 1;
    double x = s.value;
    switch (node_.aggregation) {
    case aggregation::sum:
      return g.sum.add(x);
    case aggregation::avg:
      return g.average.add(x);
    case aggregation::min:
      if (first || g.value > x || std::isnan(g.value))
        g.value = x;
      return;
    case aggregation::max:
      if (first || g.value < x || std::isnan(g.value))
        g.value = x;
      return;
    case aggregation::stddev:
    case aggregation::stdvar:
      return add_to_variance(g, x, first);
    case aggregation::quantile:
      return g.values.push_back(x);
    default: // Counts alone.
      return;
    }
  }

  static void add_to_variance(group& g, double x, bool first) {
    if (first) {
      g.mean = x;
      g.value = std::isfinite(x) ? 0 : std::numeric_limits<double>::quiet_NaN();
      return;
    }
    double distance = x - g.mean;
    g.mean += distance / g.count;
    g.value += distance * (x - g.mean);
  }

  double value_of(group& g, double q) const {
    switch (node_.aggregation) {
    case aggregation::sum:
      return g.sum.total();
    case aggregation::avg:
      return g.average.value();
    case aggregation::count:
      return g.count;
    case aggregation::group:
      return 1;
    case aggregation::stddev:
      return std::sqrt(g.value / g.count);
    case aggregation::stdvar:
      return g.value / g.count;
    case aggregation::quantile:
      return quantile(q, g.values);
    default:
      return g.value;
    }
  }

  run& run_;
  const node& node_;
  step_ptr inner_, parameter_;
  grouping grouping_;
  samples input_;
  std::vector<group> groups_;
};

/// `topk` and `bottomk`.
class chosen : public step {
public:
  chosen(run& r, const node& n, step_ptr inner, step_ptr parameter)
      : run_(r), top_(n.aggregation == aggregation::topk), inner_(std::move(inner)),
        parameter_(std::move(parameter)), grouping_(r, n) {}

  void at(int64_t t, samples& out) override {
    double k = scalar_at(*parameter_, t);
    if (std::isnan(k))
      return run_.fail("Parameter value is NaN");
    if (k >= 9223372036854775808.0 || k <= -9223372036854775809.0)
      return run_.fail("Scalar value " + short_text(k) + (k > 0 ? " overflows" : " underflows") +
                       " int64");
    input_.clear();
    inner_->at(t, input_);
    if (k < 1)
      return;
    for (auto& g : groups_)
      g.clear();
    for (const auto& s : input_) {
      auto i = grouping_.of(s.metric);
      if (i >= groups_.size())
        groups_.resize(grouping_.size());
      groups_[i].push_back(s);
    }
    auto most = static_cast<size_t>(k);
    // The best first, what is no number last; of equals, those that came first.
    auto better = [&](const sample& a, const sample& b) {
      if (std::isnan(a.value) || std::isnan(b.value))
        return !std::isnan(a.value) && std::isnan(b.value);
      return top_ ? a.value > b.value : a.value < b.value;
    };
    for (auto& g : groups_) {
      std::stable_sort(g.begin(), g.end(), better);
      out.insert(
        out.end(), g.begin(), g.begin() + static_cast<ptrdiff_t>(std::min(most, g.size())));
    }
  }

private:
  run& run_;
  bool top_;
  step_ptr inner_, parameter_;
  grouping grouping_;
  samples input_;
  std::vector<samples> groups_;
};

class counted_values : public step {
public:
  counted_values(run& r, const node& n, step_ptr inner)
      : run_(r), node_(n), label_(bare(*n.children[1]).text), inner_(std::move(inner)),
        grouping_(r, n) {
    if (label_.empty() || !is_utf8(label_))
      r.fail("invalid label name " + in_quotes(label_));
  }

  void at(int64_t t, samples& out) override {
    input_.clear();
    inner_->at(t, input_);
    size_t base = out.size();
    std::unordered_map<label_id, size_t> place;
    for (const auto& s : input_) {
      auto id = run_.table.intern(labels_of(s));
      auto [at, is_new] = place.try_emplace(id, out.size() - base);
      if (is_new)
        out.push_back({id, s.drops_name, 0});
      out[base + at->second].value += 1;
    }
  }

private:
  /// The new label is one of those that `without` takes away.
  labels labels_of(const sample& s) const {
    auto x = run_.table.at(s.metric);
    set_label(x, label_, plain_text(s.value));
    auto kept = grouping_.kept(x);
    if (!node_.without)
      set_label(kept, label_, promql::value_of(x, label_));
    return kept;
  }

  run& run_;
  const node& node_;
  std::string label_;
  step_ptr inner_;
  grouping grouping_;
  samples input_;
};

} // namespace

step_ptr make_aggregate(run& r, const node& n, int64_t first, int64_t last) {
  auto inner = make_step(r, *n.children[0], first, last);
  if (n.aggregation == aggregation::count_values)
    return std::make_unique<counted_values>(r, n, std::move(inner));
  auto parameter = n.children.size() > 1 ? make_step(r, *n.children[1], first, last) : nullptr;
  if (n.aggregation == aggregation::topk || n.aggregation == aggregation::bottomk)
    return std::make_unique<chosen>(r, n, std::move(inner), std::move(parameter));
  return std::make_unique<reduced>(r, n, std::move(inner), std::move(parameter));
}

} // namespace aops::promql
