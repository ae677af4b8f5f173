#include "cli/vectors/promql.hpp"

#include "cli/vectors/promql_script.hpp"
#include "runtime/core/promql/arithmetic.hpp"
#include "runtime/core/promql/engine.hpp"
#include "runtime/core/promql/memory_source.hpp"

#include <algorithm>
#include <map>
#include <re2/re2.h>
#include <set>

namespace aops::vectors {

namespace {

using namespace promql_script;
using promql::labels;
using promql::noted_point;
using kind = noted_point::kind;

constexpr double tolerance = 1e-6;

/// Why a comparison failed; empty when it did not.
using complaint = std::string;

std::string shown(double x) { return promql::plain_text(x); }

complaint differs(const labels& metric, double wanted, double got) {
  if (promql::nearly_equal(wanted, got, tolerance))
    return {};
  return promql::to_string(metric) + ": expected " + shown(wanted) + ", got " + shown(got);
}

complaint
compare_vector(const eval& e, const std::vector<promql::instant_sample>& got, bool ordered) {
  std::map<labels, std::pair<size_t, double>> wanted;
  for (const auto& s : e.series)
    if (!s.points.empty() && s.points[0].what == kind::value)
      wanted[s.metric] = {wanted.size(), s.points[0].value};
  for (size_t i = 0; i < got.size(); ++i) {
    auto found = wanted.find(got[i].metric);
    if (found == wanted.end())
      return "unexpected " + promql::to_string(got[i].metric) + " " + shown(got[i].value);
    if (ordered && found->second.first != i)
      return promql::to_string(got[i].metric) + " stands at place " + std::to_string(i + 1);
    if (auto why = differs(got[i].metric, found->second.second, got[i].value); !why.empty())
      return why;
  }
  if (got.size() == wanted.size())
    return {};
  std::set<labels> there;
  for (const auto& s : got)
    there.insert(s.metric);
  for (const auto& [metric, value] : wanted)
    if (!there.contains(metric))
      return "missing " + promql::to_string(metric) + " " + shown(value.second);
  return "a series came twice";
}

complaint compare_matrix(const eval& e,
                         const std::vector<promql::range_series>& got,
                         int64_t start_ms,
                         int64_t step_ms) {
  std::map<labels, std::map<int64_t, double>> wanted;
  for (const auto& s : e.series)
    for (size_t i = 0; i < s.points.size(); ++i)
      if (s.points[i].what == kind::value)
        wanted[s.metric][start_ms + static_cast<int64_t>(i) * step_ms] = s.points[i].value;
  for (const auto& s : got) {
    auto found = wanted.find(s.metric);
    if (found == wanted.end())
      return "unexpected " + promql::to_string(s.metric);
    auto left = found->second;
    for (const auto& p : s.points) {
      auto at = "at " + std::to_string(p.time_ms) + " ms ";
      auto value = left.find(p.time_ms);
      if (value == left.end())
        return promql::to_string(s.metric) + " " + at + "unexpected " + shown(p.value);
      if (auto why = differs(s.metric, value->second, p.value); !why.empty())
        return at + why;
      left.erase(value);
    }
    if (!left.empty())
      return promql::to_string(s.metric) + " has no point at " +
             std::to_string(left.begin()->first) + " ms";
    wanted.erase(found);
  }
  return wanted.empty() ? complaint() : "missing " + promql::to_string(wanted.begin()->first);
}

bool fits(const expectation& e, const std::string& text) {
  if (e.match == expectation::how::any)
    return true;
  if (e.match == expectation::how::text)
    return e.pattern == text;
  return re2::RE2::PartialMatch(text, re2::RE2(e.pattern));
}

/// Annotations of one kind: each line needs one, and once there is a line, each needs a line.
complaint compare_notes(const eval& e,
                        const std::vector<std::string>& notes,
                        expectation::what wanted,
                        expectation::what unwanted) {
  std::vector<const expectation*> lines;
  for (const auto& x : e.expectations) {
    if (x.about == unwanted && !notes.empty())
      return "unexpected: " + notes[0];
    if (x.about == wanted)
      lines.push_back(&x);
  }
  for (const auto* line : lines)
    if (std::none_of(notes.begin(), notes.end(), [&](auto& n) { return fits(*line, n); }))
      return "missing annotation " + line->pattern + (notes.empty() ? "" : ", got " + notes[0]);
  for (const auto& n : notes)
    if (!lines.empty() &&
        std::none_of(lines.begin(), lines.end(), [&](auto* line) { return fits(*line, n); }))
      return "unexpected: " + n;
  return {};
}

complaint compare_failure(const eval& e, const error& problem) {
  for (const auto& x : e.expectations)
    if (x.about == expectation::what::fail && !fits(x, problem.detail))
      return "expected the error " + x.pattern + ", got " + problem.detail;
  return {};
}

/// Whether the value depends on where a range query begins.
bool depends_on_range(const promql::node& n) {
  return n.at == promql::at_point::start || n.at == promql::at_point::end ||
         std::any_of(
           n.children.begin(), n.children.end(), [](auto& c) { return depends_on_range(*c); });
}

class runner {
public:
  promql_outcome run(const std::vector<command>& commands) {
    for (const auto& c : commands) {
      line_ = c.line;
      if (!c.problem.empty()) {
        ++outcome_.failed;
        outcome_.notes.push_back({line_, false, text_of(c), c.problem});
      }
      if (c.problem.empty() || std::holds_alternative<load>(c.what))
        std::visit([&](const auto& x) { run(x); }, c.what);
    }
    return std::move(outcome_);
  }

private:
  static std::string text_of(const command& c) {
    if (const auto* e = std::get_if<eval>(&c.what))
      return e->query;
    const auto* x = std::get_if<unreadable>(&c.what);
    return x ? x->text : "load";
  }

  void run(const unreadable&) {}

  void run(const clear&) {
    source_.clear();
    histograms_.clear();
  }

  void run(const load& x) {
    std::map<labels, const promql::noted_series*> last; // Of equal ones the last counts.
    for (const auto& s : x.series)
      last[s.metric] = &s;
    for (const auto& [metric, s] : last) {
      for (size_t i = 0; i < s->points.size(); ++i) {
        const auto& p = s->points[i];
        if (p.what == kind::value)
          source_.add(metric, {static_cast<int64_t>(i) * x.step_ms, p.value});
        else if (p.what == kind::histogram)
          histograms_.insert(metric);
      }
      auto name = promql::value_of(metric, promql::metric_name);
      if (x.with_histograms && name.ends_with("_bucket")) {
        auto native = promql::without(metric, {"le"});
        promql::set_label(native, promql::metric_name, name.substr(0, name.size() - 7));
        histograms_.insert(native);
      }
    }
  }

  void run(const eval& e) {
    auto query = promql::query::parse(e.query);
    auto why = reason_to_skip(e, query);
    if (!why.empty()) {
      ++outcome_.skipped;
      return note(e, true, why);
    }
    why = judge(e, query);
    if (why.empty()) {
      ++outcome_.passed;
    } else {
      ++outcome_.failed;
      note(e, false, why);
    }
  }

  void note(const eval& e, bool skipped, const std::string& why) {
    outcome_.notes.push_back({line_, skipped, e.query, why});
  }

  std::string reason_to_skip(const eval& e, const expected<promql::query>& query) const {
    if (!query) {
      auto at = query.error().detail.find(promql::left_out);
      return at == std::string::npos ? "" : query.error().detail.substr(at);
    }
    for (const auto& s : e.series)
      for (const auto& p : s.points)
        if (p.what == kind::histogram)
          return "expects native histograms";
    return reads_histograms(query->root()) ? "reads native histograms" : "";
  }

  bool reads_histograms(const promql::node& n) const {
    if (n.kind == promql::node_kind::selector)
      return std::any_of(histograms_.begin(), histograms_.end(), [&](auto& metric) {
        return promql::matches(n.matchers, metric);
      });
    return std::any_of(
      n.children.begin(), n.children.end(), [&](auto& c) { return reads_histograms(*c); });
  }

  complaint judge(const eval& e, const expected<promql::query>& query) {
    if (!query)
      return e.fails ? compare_failure(e, query.error()) : query.error().detail;
    auto got = e.is_range ? query->over(source_, e.start_ms, e.end_ms, e.step_ms, options_)
                          : query->at(source_, e.start_ms, options_);
    if (!got)
      return e.fails ? compare_failure(e, got.error()) : got.error().detail;
    if (e.fails)
      return "no error came";
    using what = expectation::what;
    if (auto why = compare_notes(e, got->warnings, what::warn, what::no_warn); !why.empty())
      return why;
    if (auto why = compare_notes(e, got->infos, what::info, what::no_info); !why.empty())
      return why;
    if (auto why = compare(e, *got); !why.empty())
      return why;
    return e.is_range || e.is_matrix || e.text || depends_on_range(query->root())
             ? complaint()
             : judge_as_range(e, *query);
  }

  static complaint compare(const eval& e, const promql::result& got) {
    using promql::value_type;
    if (e.is_range)
      return compare_matrix(e, got.matrix, e.start_ms, e.step_ms);
    if (e.text)
      return got.type == value_type::text && got.text == *e.text ? "" : "got \"" + got.text + "\"";
    if (e.scalar)
      return got.type == value_type::scalar ? differs({}, *e.scalar, got.scalar)
                                            : "the result is no scalar";
    if (e.is_matrix)
      return got.type == value_type::matrix ? compare_matrix(e, got.matrix, e.from_ms, e.every_ms)
                                            : "the result is no range vector";
    if (got.type != value_type::vector)
      return "the result is a " + std::string(to_string(got.type));
    return compare_vector(e, got.vector, e.ordered);
  }

  /// An instant has the value that a range query has there.
  complaint judge_as_range(const eval& e, const promql::query& query) {
    constexpr int64_t around = 60'000;
    auto got = query.over(source_, e.start_ms - around, e.start_ms + around, around, options_);
    if (!got)
      return "as a range query: " + got.error().detail;
    promql::result middle;
    for (auto& s : got->matrix)
      for (const auto& p : s.points)
        if (p.time_ms == e.start_ms)
          middle.vector.push_back({s.metric, p.value});
    complaint why;
    if (!e.scalar)
      why = compare_vector(e, middle.vector, false);
    else if (middle.vector.size() != 1)
      why = "expected one value, got " + std::to_string(middle.vector.size());
    else
      why = differs({}, *e.scalar, middle.vector[0].value);
    return why.empty() ? why : "as a range query: " + why;
  }

  promql::memory_source source_;
  std::set<labels> histograms_; ///< Series with native histograms, of which nothing is kept.
  promql::engine_options options_ = [] {
    promql::engine_options o;
    o.late_name_removal = true; // As the scripts take it.
    return o;
  }();
  size_t line_ = 0;
  promql_outcome outcome_;
};

} // namespace

promql_outcome run_promql_script(std::string_view script) {
  return runner().run(promql_script::parse(script));
}

} // namespace aops::vectors
