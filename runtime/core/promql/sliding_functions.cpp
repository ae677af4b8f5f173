// Functions of one window that look at each point once, however many windows it is in.
#include "runtime/core/promql/range_functions.hpp"

#include <cmath>
#include <deque>
#include <limits>

namespace aops::promql {

namespace {

using answer = std::optional<double>;

/// Steps from one point to the next that matter, of the window as it is now.
class notable_steps {
public:
  struct notable {
    uint64_t index; ///< Of the point after the step.
    double before;  ///< The value of the point before it.
  };

  /// `matters(before, after)`.
  template <class Matters>
  const std::deque<notable>& move_to(const window& w, Matters&& matters) {
    uint64_t end = w.first + w.points.size();
    if (w.first >= seen_ || end < seen_) { // Nothing in common with the window before.
      notable_.clear();
      seen_ = w.first;
    }
    // Of the first point of a window, the step to it is outside.
    for (uint64_t i = std::max(seen_, w.first + 1); i < end; ++i)
      if (double before = w.points[i - 1 - w.first].value;
          matters(before, w.points[i - w.first].value))
        notable_.push_back({i, before});
    seen_ = end;
    while (!notable_.empty() && notable_.front().index <= w.first)
      notable_.pop_front();
    return notable_;
  }

private:
  uint64_t seen_ = 0; ///< Points before this have been looked at.
  std::deque<notable> notable_;
};

bool falls(double before, double after) { return after < before; }
bool changes(double before, double after) {
  return before != after && !(std::isnan(before) && std::isnan(after));
}

template <class State>
State& of_slot(std::vector<State>& states, uint32_t slot) {
  if (slot >= states.size())
    states.resize(slot + size_t{1});
  return states[slot];
}

/// `changes` and `resets`.
class counted_steps : public range_function {
public:
  explicit counted_steps(bool (*matters)(double, double)) : matters_(matters) {}
  answer at(const range_call&, const window& w) override {
    return static_cast<double>(of_slot(states_, w.slot).move_to(w, matters_).size());
  }

private:
  bool (*matters_)(double, double);
  std::vector<notable_steps> states_;
};

/// `rate` and `increase`: what a counter lost where it began anew is added.
class counter : public range_function {
public:
  explicit counter(bool is_rate) : is_rate_(is_rate) {}
  answer at(const range_call& call, const window& w) override {
    const auto& resets = of_slot(states_, w.slot).move_to(w, falls);
    if (w.points.size() < 2)
      return std::nullopt;
    double change = w.points.back().value - w.points.front().value;
    for (const auto& r : resets)
      change += r.before;
    return extrapolated(call, w.points, change, true, is_rate_);
  }

private:
  bool is_rate_;
  std::vector<notable_steps> states_;
};

/// `min_over_time` and `max_over_time`: a queue of those that may still become the extreme. NaN is
/// one only where there is nothing else.
class extreme : public range_function {
public:
  explicit extreme(bool is_max) : is_max_(is_max) {}
  answer at(const range_call&, const window& w) override {
    auto& s = of_slot(states_, w.slot);
    uint64_t end = w.first + w.points.size();
    if (w.first >= s.seen || end < s.seen) {
      s.candidates.clear();
      s.seen = w.first;
    }
    for (; s.seen < end; ++s.seen) {
      double value = w.points[s.seen - w.first].value;
      if (std::isnan(value))
        continue;
      auto& c = s.candidates;
      while (!c.empty() && (is_max_ ? c.back().value < value : c.back().value > value))
        c.pop_back();
      c.push_back({s.seen, value});
    }
    while (!s.candidates.empty() && s.candidates.front().index < w.first)
      s.candidates.pop_front();
    return s.candidates.empty() ? std::numeric_limits<double>::quiet_NaN()
                                : s.candidates.front().value;
  }

private:
  struct candidate {
    uint64_t index;
    double value;
  };
  struct state {
    uint64_t seen = 0;
    std::deque<candidate> candidates;
  };
  bool is_max_;
  std::vector<state> states_;
};

} // namespace

std::unique_ptr<range_function> make_sliding_function(std::string_view name) {
  if (name == "changes")
    return std::make_unique<counted_steps>(changes);
  if (name == "resets")
    return std::make_unique<counted_steps>(falls);
  if (name == "rate" || name == "increase")
    return std::make_unique<counter>(name == "rate");
  if (name == "min_over_time" || name == "max_over_time")
    return std::make_unique<extreme>(name == "max_over_time");
  return nullptr;
}

} // namespace aops::promql
