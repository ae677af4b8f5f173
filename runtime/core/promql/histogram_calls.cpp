// Classic histograms: `histogram_quantile` and `histogram_fraction`.
#include "runtime/core/promql/arithmetic.hpp"
#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/promql/run.hpp"

#include <cmath>
#include <limits>

namespace aops::promql {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

struct bucket {
  double upper = 0; ///< Of its bounds; the lower is the upper one of the bucket before.
  double count = 0; ///< Of what is not above it.
};

/// By bound, equal bounds as one. False when the last is not +Inf.
bool put_in_order(std::vector<bucket>& x) {
  std::sort(x.begin(), x.end(), [](auto& a, auto& b) { return a.upper < b.upper; });
  if (x.empty() || x.back().upper != infinity)
    return false;
  size_t last = 0;
  for (size_t i = 1; i < x.size(); ++i) {
    if (x[i].upper == x[last].upper)
      x[last].count += x[i].count;
    else
      x[++last] = x[i];
  }
  x.resize(last + 1);
  return true;
}

/// Counts never fall from bucket to bucket. True where that had to be mended, and not only what
/// numbers lose.
bool make_monotonic(std::vector<bucket>& x) {
  bool forced = false;
  double before = x[0].count;
  for (size_t i = 1; i < x.size(); ++i) {
    auto& count = x[i].count;
    if (count == before)
      continue;
    if (nearly_equal(before, count, 1e-12)) {
      count = before;
    } else if (count < before) {
      count = before;
      forced = true;
    } else {
      before = count;
    }
  }
  return forced;
}

double quantile_of(double q, std::vector<bucket>& x, bool& forced) {
  if (std::isnan(q))
    return no_number;
  if (q < 0 || q > 1)
    return q < 0 ? -infinity : infinity;
  if (!put_in_order(x))
    return no_number;
  forced = make_monotonic(x);
  if (x.size() < 2 || x.back().count == 0)
    return no_number;
  double rank = q * x.back().count;
  size_t b = 0;
  while (b < x.size() - 1 && !(x[b].count >= rank))
    ++b;
  if (b == x.size() - 1)
    return x[x.size() - 2].upper;
  if (b == 0 && x[0].upper <= 0)
    return x[0].upper;
  double start = 0, count = x[b].count;
  if (b > 0) {
    start = x[b - 1].upper;
    count -= x[b - 1].count;
    rank -= x[b - 1].count;
  }
  return start + (x[b].upper - start) * (rank / count);
}

/// The rank of `v`, as if what a bucket counts lay evenly in it.
double rank_of(double v, const std::vector<bucket>& x) {
  double lower = x[0].upper <= 0 ? -infinity : 0, below = 0;
  for (const auto& b : x) {
    if (lower >= v)
      return below;
    if (b.upper > v)
      return lower == -infinity ? b.count
                                : below + (b.count - below) * (v - lower) / (b.upper - lower);
    below = b.count;
    lower = b.upper;
  }
  return x.back().count;
}

double fraction_of(double from, double to, std::vector<bucket>& x) {
  if (!put_in_order(x))
    return no_number;
  double count = x.back().count;
  if (count == 0 || std::isnan(from) || std::isnan(to))
    return no_number;
  if (from >= to)
    return 0;
  return (std::min(rank_of(to, x), count) - std::min(rank_of(from, x), count)) / count;
}

class histogram : public step {
public:
  histogram(run& r, const node& n, int64_t first, int64_t last)
      : run_(r), node_(n), is_quantile_(n.function->name == "histogram_quantile"), drop_(r) {
    for (const auto& child : n.children)
      arguments_.push_back(make_step(r, *child, first, last));
  }

  void at(int64_t t, samples& out) override {
    std::vector<double> scalars;
    for (size_t i = 0; i + 1 < arguments_.size(); ++i)
      scalars.push_back(scalar_at(*arguments_[i], t));
    double q = scalars[0];
    if (is_quantile_ && !(q >= 0 && q <= 1))
      run_.warn("quantile value should be between 0 and 1, got " + short_text(q),
                node_.children[0]->begin);
    input_.clear();
    arguments_.back()->at(t, input_);
    for (auto& g : groups_)
      g.buckets.clear();
    for (const auto& s : input_)
      take(s);
    for (auto& g : groups_) {
      if (g.buckets.empty())
        continue;
      bool forced = false;
      double value =
        is_quantile_ ? quantile_of(q, g.buckets, forced) : fraction_of(q, scalars[1], g.buckets);
      if (forced)
        inform_of_force(g.metric);
      sample s{g.metric, false, value};
      drop_(s);
      out.push_back(s);
    }
    drop_.check(out);
  }

private:
  struct group {
    label_id metric;
    std::vector<bucket> buckets;
  };

  std::string of_metric(label_id x) const {
    auto name = value_of(run_.table.at(x), metric_name);
    return name.empty() ? "" : " for metric name " + in_quotes(name);
  }
  void inform_of_force(label_id metric) {
    run_.inform("input to histogram_quantile needed to be fixed for monotonicity (see "
                "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                "#histogram_quantile)" +
                  of_metric(metric),
                node_.children[1]->begin);
  }
  void take(const sample& s) {
    bucket b;
    b.count = s.value;
    auto bound = value_of(run_.table.at(s.metric), "le");
    if (!parse_float(bound, b.upper) || std::isnan(b.upper)) // Buckets have an order.
      return run_.warn("bucket label \"le\" is missing or has a malformed value of " +
                         in_quotes(bound) + of_metric(s.metric),
                       node_.children.back()->begin);
    auto g = group_of_(s.metric, [&] { return group_of(s.metric); });
    groups_[g].buckets.push_back(b);
  }
  uint32_t group_of(label_id metric) {
    auto id = run_.table.intern(without(run_.table.at(metric), {"le"}));
    return place_of_(id, [&] {
      groups_.push_back({id, {}});
      return static_cast<uint32_t>(groups_.size() - 1);
    });
  }

  run& run_;
  const node& node_;
  bool is_quantile_;
  name_dropper drop_;
  std::vector<step_ptr> arguments_;
  samples input_;
  std::vector<group> groups_;
  label_memo group_of_; ///< By label set, the place of its group.
  label_memo place_of_; ///< By labels of the group.
};

} // namespace

step_ptr make_histogram_call(run& r, const node& n, int64_t first, int64_t last) {
  return std::make_unique<histogram>(r, n, first, last);
}

} // namespace aops::promql
