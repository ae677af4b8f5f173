#include "runtime/core/promql/engine.hpp"

#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/promql/run.hpp"

#include <algorithm>

namespace aops::promql {

namespace {

constexpr std::string_view same_labels = "vector cannot contain metrics with the same labelset";

/// Times that leave room for what is reckoned from them.
constexpr int64_t most_time_ms = 4'000'000'000'000'000'000;
bool is_time(int64_t ms) { return ms > -most_time_ms && ms < most_time_ms; }

void take_notes(run& r, result& out) {
  out.warnings.assign(r.warnings.begin(), r.warnings.end());
  out.infos.assign(r.infos.begin(), r.infos.end());
}

/// Takes the names away that have to go, and refuses two of the same labels.
void clean(run& r, name_dropper& drop, samples& x) {
  for (auto& s : x)
    if (s.drops_name)
      s.metric = drop.dropped(s.metric);
  r.check_unique(x);
}

result instant_vector(run& r, const node& root, int64_t t) {
  result out;
  samples x;
  name_dropper drop(r);
  auto top = make_step(r, root, t, t);
  if (!r.ended())
    top->at(t, x);
  if (root.type == value_type::scalar) {
    out.type = value_type::scalar;
    out.scalar = x.empty() ? 0 : x[0].value;
    return out;
  }
  clean(r, drop, x);
  for (const auto& s : x)
    out.vector.push_back({r.table.at(s.metric), s.value});
  return out;
}

void sort_by_labels(std::vector<range_series>& x) {
  std::sort(x.begin(), x.end(), [](auto& a, auto& b) { return a.metric < b.metric; });
}

result instant_matrix(run& r, const node& root, int64_t t) {
  result out;
  out.type = value_type::matrix;
  name_dropper drop(r);
  auto top = make_windows(r, root, t, t);
  if (r.ended())
    return out;
  samples names;
  for (const auto& w : top->at(t)) {
    names.push_back({w.drops_name ? drop.dropped(w.metric) : w.metric, false, 0});
    out.matrix.push_back({r.table.at(names.back().metric), {w.points.begin(), w.points.end()}});
  }
  r.check_unique(names);
  sort_by_labels(out.matrix);
  return out;
}

result range_matrix(run& r, const node& root, int64_t step_ms) {
  result out;
  out.type = value_type::matrix;
  name_dropper drop(r);
  auto top = make_step(r, root, r.start_ms, r.end_ms);
  std::vector<uint32_t> place_of; // By label set, one more than the place in the result.
  samples x;
  for (auto t = r.start_ms; t <= r.end_ms && !r.ended(); t += step_ms) {
    x.clear();
    top->at(t, x);
    clean(r, drop, x);
    if (r.problem)
      break;
    r.hold(x.size());
    place_of.resize(r.table.size());
    for (const auto& s : x) {
      auto& place = place_of[s.metric];
      if (place == 0) {
        out.matrix.push_back({r.table.at(s.metric), {}});
        place = static_cast<uint32_t>(out.matrix.size());
      }
      out.matrix[place - 1].points.push_back({t, s.value});
    }
  }
  sort_by_labels(out.matrix);
  return out;
}

} // namespace

std::string run::place(size_t offset) const { return promql::place(text, offset); }

void run::check_unique(const samples& x) {
  if (x.size() < 2)
    return;
  ++checks_;
  seen_in_.resize(table.size());
  for (const auto& s : x)
    if (std::exchange(seen_in_[s.metric], checks_) == checks_)
      return fail(std::string(same_labels));
}

expected<query> query::parse(std::string text, const parse_limits& limits) {
  auto root = promql::parse(text, limits);
  if (!root)
    return fail(root.error());
  query q;
  q.text_ = std::move(text);
  q.root_ = std::move(*root);
  return q;
}

expected<result> query::at(source& data, int64_t time_ms, const engine_options& options) const {
  if (!is_time(time_ms))
    return fail(ec::bad_request, "the time is out of bounds");
  run r(options, data, text_, time_ms, time_ms);
  const auto& top = bare(*root_);
  result out;
  if (top.type == value_type::text) {
    out.type = value_type::text;
    out.text = top.text;
  } else if (top.type == value_type::matrix) {
    out = instant_matrix(r, top, time_ms);
  } else {
    out = instant_vector(r, top, time_ms);
  }
  if (r.problem)
    return fail(*r.problem);
  take_notes(r, out);
  return out;
}

expected<result> query::over(source& data,
                             int64_t start_ms,
                             int64_t end_ms,
                             int64_t step_ms,
                             const engine_options& options) const {
  if (!is_time(start_ms) || !is_time(end_ms) || !is_time(step_ms))
    return fail(ec::bad_request, "a time is out of bounds");
  if (step_ms <= 0)
    return fail(ec::bad_request, "the step has to be greater than 0");
  if (end_ms < start_ms)
    return fail(ec::bad_request, "the end must not be before the start");
  if (static_cast<uint64_t>(end_ms - start_ms) / static_cast<uint64_t>(step_ms) >=
      options.most_steps)
    return fail(ec::bad_request,
                "exceeded maximum resolution of " + std::to_string(options.most_steps) +
                  " points per timeseries");
  if (root_->type != value_type::scalar && root_->type != value_type::vector)
    return fail(ec::bad_request,
                "invalid expression type \"" + std::string(to_string(root_->type)) +
                  "\" for range query, must be Scalar or instant Vector");
  run r(options, data, text_, start_ms, end_ms);
  auto out = range_matrix(r, *root_, step_ms);
  if (r.problem)
    return fail(*r.problem);
  take_notes(r, out);
  return out;
}

// -- live

struct live_query::state {
  state(const query& q, source& d, const engine_options& o)
      : of(q), options(o), common(options, d, of.text(), 0, most_time_ms), drop(common) {}

  const query& of;
  engine_options options;
  run common;
  name_dropper drop;
  step_ptr top;
  samples found;
  std::vector<instant_sample> out;
};

live_query::live_query(const query& query, source& data, const engine_options& options)
    : state_(std::make_unique<state>(query, data, options)) {}
live_query::~live_query() = default;
live_query::live_query(live_query&&) noexcept = default;
live_query& live_query::operator=(live_query&&) noexcept = default;

expected<std::span<const instant_sample>> live_query::at(int64_t time_ms) {
  auto& x = *state_;
  if (!is_time(time_ms))
    return fail(ec::bad_request, "the time is out of bounds");
  const auto& root = bare(x.of.root());
  x.common.work = 0;
  if (!x.top) {
    x.common.start_ms = time_ms;
    x.top = make_step(x.common, root, time_ms, most_time_ms);
  }
  x.found.clear();
  if (!x.common.ended())
    x.top->at(time_ms, x.found);
  if (root.type != value_type::scalar)
    clean(x.common, x.drop, x.found);
  if (x.common.problem)
    return fail(*x.common.problem);
  x.out.clear();
  for (const auto& s : x.found)
    x.out.push_back(
      {root.type == value_type::scalar ? labels{} : x.common.table.at(s.metric), s.value});
  return std::span<const instant_sample>{x.out};
}

} // namespace aops::promql
