// Functions of instant vectors and scalars.
#include "runtime/core/promql/dates.hpp"
#include "runtime/core/promql/run.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <unordered_map>

namespace aops::promql {

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

double sign(double x) { return x < 0 ? -1 : x > 0 ? 1 : x; }

using plain_function = double (*)(double);

/// What makes a number of a number.
plain_function plain(std::string_view name) {
  static const std::unordered_map<std::string_view, plain_function> all = {
    {"abs", [](double x) { return std::abs(x); }},
    {"acos", [](double x) { return std::acos(x); }},
    {"acosh", [](double x) { return std::acosh(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"asinh", [](double x) { return std::asinh(x); }},
    {"atan", [](double x) { return std::atan(x); }},
    {"atanh", [](double x) { return std::atanh(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"cosh", [](double x) { return std::cosh(x); }},
    {"deg", [](double x) { return x * 180 / std::numbers::pi; }},
    {"exp", [](double x) { return std::exp(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"log2", [](double x) { return std::log2(x); }},
    {"rad", [](double x) { return x * std::numbers::pi / 180; }},
    {"sgn", sign},
    {"sin", [](double x) { return std::sin(x); }},
    {"sinh", [](double x) { return std::sinh(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
  };
  auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

/// Changes each value; the name of the metric goes.
class mapped : public step {
public:
  mapped(run& r, step_ptr inner, plain_function f) : inner_(std::move(inner)), f_(f), drop_(r) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    for (auto& s : out) {
      s.value = f_(s.value);
      drop_(s);
    }
    drop_.check(out);
  }

private:
  step_ptr inner_;
  plain_function f_;
  name_dropper drop_;
};

/// `clamp`, `clamp_min`, `clamp_max` and `round`: the scalars may differ in each step.
class bounded : public step {
public:
  bounded(run& r, const node& n, step_ptr inner, std::vector<step_ptr> scalars)
      : name_(n.function->name), inner_(std::move(inner)), scalars_(std::move(scalars)), drop_(r) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    double a = scalars_.empty() ? 1 : scalar_at(*scalars_[0], t);
    double b = scalars_.size() < 2 ? 0 : scalar_at(*scalars_[1], t);
    if (name_ == "clamp" && b < a)
      out.clear();
    for (auto& s : out) {
      s.value = changed(s.value, a, b);
      drop_(s);
    }
    drop_.check(out);
  }

private:
  static double greater(double x, double y) {
    return std::isnan(x) || std::isnan(y) ? nan_value : std::max(x, y);
  }
  static double less(double x, double y) {
    return std::isnan(x) || std::isnan(y) ? nan_value : std::min(x, y);
  }
  double changed(double x, double a, double b) const {
    if (name_ == "clamp")
      return greater(a, less(b, x));
    if (name_ == "clamp_min")
      return greater(a, x);
    if (name_ == "clamp_max")
      return less(a, x);
    // By the inverse, so that 0.1 gives tenths.
    double inverse = 1 / a;
    return std::floor(x * inverse + 0.5) / inverse;
  }

  std::string_view name_;
  step_ptr inner_;
  std::vector<step_ptr> scalars_;
  name_dropper drop_;
};

/// `hour()` and its like; of the time of evaluation when there is no argument.
class date_part : public step {
public:
  date_part(run& r, const node& n, step_ptr inner)
      : run_(r), part_(date_function(n.function->name)), inner_(std::move(inner)), drop_(r) {}
  void at(int64_t t, samples& out) override {
    if (inner_)
      inner_->at(t, out);
    else
      out.push_back({run_.table.intern({}), false, static_cast<double>(t) / 1000});
    for (auto& s : out) {
      s.value = part_(s.value);
      drop_(s);
    }
    drop_.check(out);
  }

private:
  run& run_;
  date_function_type part_;
  step_ptr inner_;
  name_dropper drop_;
};

/// A value without labels, of a function of time and of another step.
class lone : public step {
public:
  using make = std::function<double(int64_t t)>;
  lone(run& r, make f) : empty_(r.table.intern({})), f_(std::move(f)) {}
  void at(int64_t t, samples& out) override { out.push_back({empty_, false, f_(t)}); }

private:
  label_id empty_;
  make f_;
};

class negated : public step {
public:
  negated(run& r, const node& n, step_ptr inner)
      : is_scalar_(n.type == value_type::scalar), inner_(std::move(inner)), drop_(r) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    for (auto& s : out) {
      s.value = -s.value;
      if (!is_scalar_)
        drop_(s);
    }
    drop_.check(out);
  }

private:
  bool is_scalar_;
  step_ptr inner_;
  name_dropper drop_;
};

/// Labels that equalities alone give to what is not there.
labels labels_of_absent(const node& argument) {
  labels out;
  std::set<std::string> seen;
  for (const auto& m : argument.matchers) {
    if (m.name() == metric_name)
      continue;
    // The first equality gives it, any matcher after that takes it away.
    bool gives = m.kind() == match_kind::equal && seen.insert(m.name()).second;
    set_label(out, m.name(), gives ? m.value() : "");
  }
  return out;
}

class absent : public step {
public:
  absent(run& r, const node& argument, step_ptr inner, std::unique_ptr<window_source> windows)
      : metric_(r.table.intern(labels_of_absent(argument))), inner_(std::move(inner)),
        windows_(std::move(windows)) {}
  void at(int64_t t, samples& out) override {
    bool there = false;
    if (windows_) {
      there = !windows_->at(t).empty();
    } else {
      inner_->at(t, out);
      there = !out.empty();
      out.clear();
    }
    if (!there)
      out.push_back({metric_, false, 1});
  }

private:
  label_id metric_;
  step_ptr inner_;
  std::unique_ptr<window_source> windows_;
};

/// `timestamp` of what is no selector, and functions of native histograms, of which there are none.
class timed : public step {
public:
  timed(run& r, step_ptr inner) : inner_(std::move(inner)), drop_(r) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    for (auto& s : out) {
      s.value = static_cast<double>(t) / 1000;
      drop_(s);
    }
    drop_.check(out);
  }

private:
  step_ptr inner_;
  name_dropper drop_;
};

class dropped : public step {
public:
  dropped(run& r, step_ptr inner) : inner_(std::move(inner)), drop_(r) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    for (auto& s : out)
      drop_(s);
    drop_.check(out);
  }

private:
  step_ptr inner_;
  name_dropper drop_;
};

class nothing : public step {
public:
  explicit nothing(step_ptr inner) : inner_(std::move(inner)) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    out.clear();
  }

private:
  step_ptr inner_;
};

class sorted : public step {
public:
  sorted(step_ptr inner, bool descending) : inner_(std::move(inner)), descending_(descending) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    // What is no number comes last either way.
    std::stable_sort(out.begin(), out.end(), [&](const sample& a, const sample& b) {
      if (std::isnan(a.value) || std::isnan(b.value))
        return !std::isnan(a.value);
      return descending_ ? a.value > b.value : a.value < b.value;
    });
  }

private:
  step_ptr inner_;
  bool descending_;
};

} // namespace

double scalar_at(step& s, int64_t t_ms) {
  samples x;
  s.at(t_ms, x);
  return x.empty() ? nan_value : x[0].value;
}

step_ptr make_call(run& r, const node& n, int64_t first, int64_t last) {
  auto name = n.function->name;
  auto argument = [&](size_t i) { return make_step(r, *n.children[i], first, last); };
  if (name == "time")
    return std::make_unique<lone>(r, [](int64_t t) { return static_cast<double>(t) / 1000; });
  if (name == "pi")
    return std::make_unique<lone>(r, [](int64_t) { return std::numbers::pi; });
  if (date_function(name))
    return std::make_unique<date_part>(r, n, n.children.empty() ? nullptr : argument(0));
  const auto& inner = bare(*n.children[0]);
  if (name == "absent_over_time")
    return std::make_unique<absent>(r, inner, nullptr, make_windows(r, inner, first, last));
  if (n.function->arguments.find('m') != std::string_view::npos)
    return make_range_call(r, n, first, last);
  if (name == "histogram_quantile" || name == "histogram_fraction")
    return make_histogram_call(r, n, first, last);
  if (name == "timestamp" && inner.kind == node_kind::selector)
    return std::make_unique<dropped>(r, make_selector(r, inner, first, last, true));
  auto vector = argument(0);
  if (name == "timestamp")
    return std::make_unique<timed>(r, std::move(vector));
  if (auto f = plain(name))
    return std::make_unique<mapped>(r, std::move(vector), f);
  if (name == "absent")
    return std::make_unique<absent>(r, inner, std::move(vector), nullptr);
  if (name == "vector")
    return vector;
  if (name == "label_replace" || name == "label_join")
    return make_label_call(r, n, std::move(vector));
  if (name == "sort" || name == "sort_desc") {
    if (r.start_ms != r.end_ms)
      r.warn("sort is ineffective for range queries since results are always ordered by labels",
             n.begin);
    return std::make_unique<sorted>(std::move(vector), name == "sort_desc");
  }
  if (name == "scalar")
    return std::make_unique<lone>(
      r, [vector = std::shared_ptr<step>(std::move(vector)), x = samples()](int64_t t) mutable {
        x.clear();
        vector->at(t, x);
        return x.size() == 1 ? x[0].value : nan_value;
      });
  if (name.starts_with("histogram_"))
    return std::make_unique<nothing>(std::move(vector));
  std::vector<step_ptr> scalars;
  for (size_t i = 1; i < n.children.size(); ++i)
    scalars.push_back(argument(i));
  return std::make_unique<bounded>(r, n, std::move(vector), std::move(scalars));
}

step_ptr make_step(run& r, const node& n, int64_t first, int64_t last) {
  const auto& x = bare(n);
  switch (x.kind) {
  case node_kind::number:
    return std::make_unique<lone>(r, [value = x.number](int64_t) { return value; });
  case node_kind::selector:
    return make_selector(r, x, first, last, false);
  case node_kind::call:
    return make_call(r, x, first, last);
  case node_kind::aggregate:
    return make_aggregate(r, x, first, last);
  case node_kind::binary:
    return make_binary(r, x, first, last);
  case node_kind::unary: {
    auto inner = make_step(r, *x.children[0], first, last);
    if (x.op == op::add)
      return inner;
    return std::make_unique<negated>(r, x, std::move(inner));
  }
  default:
    r.fail("an expression of this type has no value of its own", ec::internal);
    return std::make_unique<lone>(r, [](int64_t) { return nan_value; });
  }
}

} // namespace aops::promql
