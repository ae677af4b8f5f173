#include "runtime/core/promql/run.hpp"

#include <cmath>
#include <unordered_set>

namespace aops::promql {

namespace {

bool holds(op o, double a, double b) {
  switch (o) {
  case op::equal:
    return a == b;
  case op::not_equal:
    return a != b;
  case op::greater:
    return a > b;
  case op::less:
    return a < b;
  case op::greater_equal:
    return a >= b;
  default:
    return a <= b;
  }
}

double computed(op o, double a, double b) {
  switch (o) {
  case op::add:
    return a + b;
  case op::subtract:
    return a - b;
  case op::multiply:
    return a * b;
  case op::divide:
    return a / b;
  case op::modulo:
    return std::fmod(a, b);
  case op::power:
    return std::pow(a, b);
  case op::atan2:
    return std::atan2(a, b);
  default:
    return holds(o, a, b) ? 1 : 0;
  }
}

/// What steps on two sides share.
class two_sided : public step {
public:
  two_sided(run& r, const node& n, int64_t first, int64_t last)
      : run_(r), node_(n), left_(make_step(r, *n.children[0], first, last)),
        right_(make_step(r, *n.children[1], first, last)) {}

protected:
  run& run_;
  const node& node_;
  step_ptr left_, right_;
};

class of_scalars : public two_sided {
public:
  using two_sided::two_sided;
  void at(int64_t t, samples& out) override {
    left_->at(t, out);
    out[0].value = computed(node_.op, out[0].value, scalar_at(*right_, t));
  }
};

class with_scalar : public two_sided {
public:
  with_scalar(run& r, const node& n, int64_t first, int64_t last)
      : two_sided(r, n, first, last), scalar_left_(n.children[0]->type == value_type::scalar),
        drop_(r) {}
  void at(int64_t t, samples& out) override {
    double scalar = scalar_at(scalar_left_ ? *left_ : *right_, t);
    (scalar_left_ ? right_ : left_)->at(t, out);
    bool filters = is_comparison(node_.op) && !node_.returns_bool;
    if (filters) {
      std::erase_if(out, [&](const sample& s) { return !holds(s.value, scalar); });
      return;
    }
    for (auto& s : out) {
      s.value =
        scalar_left_ ? computed(node_.op, scalar, s.value) : computed(node_.op, s.value, scalar);
      drop_(s);
    }
    drop_.check(out);
  }

private:
  bool holds(double value, double scalar) const {
    return scalar_left_ ? promql::holds(node_.op, scalar, value)
                        : promql::holds(node_.op, value, scalar);
  }

  bool scalar_left_;
  name_dropper drop_;
};

/// What tells which samples of two sides belong together: a number of the labels that count.
class signature {
public:
  signature(run& r, const vector_matching& m) : run_(r), matching_(m) {}
  label_id of(label_id metric) {
    return known_(metric, [&] { return run_.table.intern(labels_of(metric)); });
  }

private:
  labels labels_of(label_id metric) const {
    const auto& x = run_.table.at(metric);
    if (matching_.on)
      return only(x, matching_.names);
    auto names = matching_.names;
    names.emplace_back(metric_name);
    return without(x, names);
  }

  run& run_;
  const vector_matching& matching_;
  label_memo known_;
};

/// Marks signatures of one step; a new step forgets them without a loop.
class marks {
public:
  void begin() { ++step_; }
  /// Whether it was marked already; `value` is kept when it was not.
  bool mark(label_id x, uint32_t value = 0) {
    if (x >= places_.size())
      places_.resize(x + size_t{1});
    if (places_[x].step == step_)
      return true;
    places_[x] = {step_, value};
    return false;
  }
  bool has(label_id x) const { return x < places_.size() && places_[x].step == step_; }
  uint32_t value(label_id x) const { return places_[x].value; }

private:
  struct place {
    uint64_t step = 0;
    uint32_t value = 0;
  };
  uint64_t step_ = 0;
  std::vector<place> places_;
};

/// `and`, `or`, `unless`.
class set_operation : public two_sided {
public:
  set_operation(run& r, const node& n, int64_t first, int64_t last)
      : two_sided(r, n, first, last), signature_(r, n.matching) {}
  void at(int64_t t, samples& out) override {
    other_.clear();
    left_->at(t, out);
    right_->at(t, other_);
    marks_.begin();
    if (node_.op == op::lor) {
      for (const auto& s : out)
        marks_.mark(signature_.of(s.metric));
      for (const auto& s : other_)
        if (!marks_.has(signature_.of(s.metric)))
          out.push_back(s);
      if (!run_.options.late_name_removal)
        run_.check_unique(out);
      return;
    }
    for (const auto& s : other_)
      marks_.mark(signature_.of(s.metric));
    bool keeps = node_.op == op::land;
    std::erase_if(out,
                  [&](const sample& s) { return marks_.has(signature_.of(s.metric)) != keeps; });
  }

private:
  signature signature_;
  marks marks_;
  samples other_;
};

/// Arithmetic and comparison of vectors.
class matched : public two_sided {
public:
  matched(run& r, const node& n, int64_t first, int64_t last)
      : two_sided(r, n, first, last), swapped_(n.matching.card == cardinality::one_to_many),
        signature_(r, n.matching), drop_(r) {}

  void at(int64_t t, samples& out) override {
    many_.clear();
    one_.clear();
    left_->at(t, swapped_ ? one_ : many_);
    right_->at(t, swapped_ ? many_ : one_);
    if (many_.empty() || one_.empty() || run_.problem || !mark_one_side())
      return;
    matches_.begin();
    results_.clear();
    for (const auto& s : many_) {
      auto key = signature_.of(s.metric);
      if (!ones_.has(key))
        continue;
      if (!take(s, one_[ones_.value(key)], key, out))
        return;
    }
    drop_.check(out);
  }

private:
  bool mark_one_side() {
    ones_.begin();
    for (uint32_t i = 0; i < one_.size(); ++i) {
      auto key = signature_.of(one_[i].metric);
      if (ones_.mark(key, i))
        return refuse_many(one_[ones_.value(key)], one_[i], key), false;
    }
    return true;
  }
  void refuse_many(const sample& a, const sample& b, label_id key) {
    auto first = to_braces(run_.table.at(a.metric)), second = to_braces(run_.table.at(b.metric));
    if (second < first)
      std::swap(first, second);
    run_.fail("found duplicate series for the match group " + to_braces(run_.table.at(key)) +
              " on the " + (swapped_ ? "left" : "right") + " hand-side of the operation: [" +
              first + ", " + second +
              "];many-to-many matching not allowed: matching labels must be unique on one side");
  }

  /// False when the match is not allowed.
  bool take(const sample& many, const sample& one, label_id key, samples& out) {
    auto metric = result_metric(many.metric, one.metric);
    bool single = node_.matching.card == cardinality::one_to_one;
    // What a comparison filters away counts too, or an error would come and go with the data.
    if (single && matches_.mark(key))
      return run_.fail("multiple matches for labels: many-to-one matching must be explicit "
                       "(group_left/group_right)"),
             false;
    if (!single && !results_.insert(uint64_t{key} << 32 | metric).second)
      return run_.fail("multiple matches for labels: grouping labels must ensure unique matches"),
             false;
    double a = swapped_ ? one.value : many.value, b = swapped_ ? many.value : one.value;
    sample s{metric, false, 0};
    if (is_comparison(node_.op) && !node_.returns_bool) {
      if (!holds(node_.op, a, b))
        return true;
      s.value = a;
      s.drops_name = many.drops_name;
    } else {
      s.value = computed(node_.op, a, b);
      if (node_.returns_bool)
        drop_(s);
    }
    out.push_back(s);
    return true;
  }

  label_id result_metric(label_id many, label_id one) {
    if (node_.matching.include.empty())
      return known_(many, [&] { return run_.table.intern(result_labels(many, one)); });
    auto [at, is_new] = known_pairs_.try_emplace(uint64_t{many} << 32 | one);
    if (is_new)
      at->second = run_.table.intern(result_labels(many, one));
    return at->second;
  }
  labels result_labels(label_id many, label_id one) const {
    const auto& m = node_.matching;
    auto out = run_.table.at(many);
    if (!is_comparison(node_.op))
      out = without_metric(out);
    if (m.card == cardinality::one_to_one)
      out = m.on ? only(out, m.names) : without(out, m.names);
    for (const auto& name : m.include)
      set_label(out, name, value_of(run_.table.at(one), name));
    return out;
  }

  bool swapped_; ///< The side that is many stands right.
  signature signature_;
  name_dropper drop_;
  marks ones_, matches_;
  samples many_, one_;
  label_memo known_;
  std::unordered_map<uint64_t, label_id> known_pairs_;
  std::unordered_set<uint64_t> results_;
};

} // namespace

step_ptr make_binary(run& r, const node& n, int64_t first, int64_t last) {
  auto scalars =
    (n.children[0]->type == value_type::scalar) + (n.children[1]->type == value_type::scalar);
  if (scalars == 2)
    return std::make_unique<of_scalars>(r, n, first, last);
  if (scalars == 1)
    return std::make_unique<with_scalar>(r, n, first, last);
  if (is_set(n.op))
    return std::make_unique<set_operation>(r, n, first, last);
  return std::make_unique<matched>(r, n, first, last);
}

} // namespace aops::promql
