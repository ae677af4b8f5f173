#include "runtime/core/check/rule_query.hpp"

#include "runtime/core/check/instance_text.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/rule_engine.hpp"
#include "runtime/core/promql/result_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aops::check {

namespace {

/// The points of a window as they come, with a stale marker in the first round that lacks one.
class window_reader final : public promql::point_reader {
public:
  /// @param needs_answer Points of rounds without an answer do not count.
  window_reader(const expr::series& points, const expr::series& rounds, bool needs_answer)
      : points_(points), rounds_(rounds), needs_answer_(needs_answer) {}

  bool grows() const override { return true; }

  std::span<const promql::point> next() override {
    piece_.clear();
    at_ = std::max(at_, points_.first());
    for (auto i = std::max(round_, rounds_.first()); i < rounds_.end(); ++i) {
      auto t = rounds_.time(i);
      while (at_ < points_.end() && points_.time(at_) < t)
        ++at_;
      bool has_point = at_ < points_.end() && points_.time(at_) == t &&
                       (!needs_answer_ || rounds_.value(i).as_double() != 0);
      if (has_point)
        piece_.push_back({t, points_.value(at_).as_double()});
      else if (is_there_)
        piece_.push_back({t, promql::stale_marker()});
      is_there_ = has_point;
    }
    round_ = rounds_.end();
    return piece_;
  }

private:
  const expr::series& points_;
  const expr::series& rounds_;
  bool needs_answer_, is_there_ = false;
  uint64_t at_ = 0, round_ = 0;
  std::vector<promql::point> piece_;
};

bool selects_name(const std::vector<promql::matcher>& all, std::string_view name) {
  return std::all_of(all.begin(), all.end(), [&](const promql::matcher& m) {
    return m.name() != promql::metric_name || m.matches(name);
  });
}

/// Evaluated in each round of each host: far less than what somebody asks once.
promql::engine_options rule_query_options() {
  promql::engine_options x;
  x.most_samples = 5'000'000;
  x.most_series = 20'000;
  x.most_labels = 200'000;
  x.most_work = 50'000'000;
  x.most_steps = 1000;
  return x;
}

} // namespace

/// The windows of a rule's series as a query sees them.
class rule_query::windows final : public promql::source {
public:
  windows(const compiled_rule& rule,
          const std::vector<item_source>& sources,
          const expr::series& rounds,
          const promql::labels& host)
      : rule_(rule), sources_(sources), rounds_(rounds), host_(host) {}

  expected<std::vector<promql::series>> select(const promql::selection& wanted) override {
    std::vector<promql::series> out;
    std::set<const expr::series*> taken;
    for (size_t i = 0; i < sources_.size(); ++i) {
      const auto& name = rule_.items[i].item.name;
      if (!selects_name(wanted.matchers, name))
        continue;
      auto take = [&](const label_set& labels, const expr::series& points) {
        auto full = labels_of_series(host_, {name, labels}, mask_of_name(name));
        if (promql::matches(wanted.matchers, full) && taken.insert(&points).second)
          out.push_back(
            {std::move(full),
             std::make_unique<window_reader>(points, rounds_, name == duration_series)});
      };
      if (sources_[i].fixed != nullptr)
        take({}, *sources_[i].fixed);
      for (const auto& c : sources_[i].candidates)
        take(c.labels, *c.window);
      if (out.size() > wanted.most_series)
        return fail(ec::overloaded, "the query selects more series than it may");
    }
    return out;
  }

private:
  host_label_mask mask_of_name(const std::string& name) const {
    const auto& recorded = rule_.query->recorded;
    if (!recorded)
      return all_host_labels;
    auto found = recorded->find(name);
    return found == recorded->end() ? all_host_labels : found->second;
  }

  const compiled_rule& rule_;
  const std::vector<item_source>& sources_;
  const expr::series& rounds_;
  const promql::labels& host_;
};

rule_query::rule_query(rule_set::rule_ptr rule) : rule_(std::move(rule)) {}
rule_query::~rule_query() = default;

void rule_query::reset() {
  live_.reset();
  windows_.reset();
}

expected<std::vector<rule_query::element>> rule_query::at(const std::vector<item_source>& sources,
                                                          const expr::series& rounds,
                                                          const promql::labels& host,
                                                          int64_t t_ms) {
  static const auto options = rule_query_options();
  if (!live_) {
    windows_ = std::make_unique<windows>(*rule_, sources, rounds, host);
    live_.emplace(rule_->query->query, *windows_, options);
  }
  auto found = live_->at(t_ms);
  if (!found) {
    auto why = found.error();
    reset(); // The next round begins anew.
    return fail(std::move(why));
  }
  std::vector<element> out;
  out.reserve(found->size());
  for (const auto& x : *found)
    out.push_back({without_host(x.metric, host), x.value});
  auto by_labels = [](const element& a, const element& b) { return a.labels < b.labels; };
  std::sort(out.begin(), out.end(), by_labels);
  auto same = [](const element& a, const element& b) { return a.labels == b.labels; };
  if (auto twice = std::adjacent_find(out.begin(), out.end(), same); twice != out.end())
    return fail(ec::bad_request,
                "several values have the labels " + instance_text("", twice->labels) +
                  " beside those of the host");
  return out;
}

told_texts told_texts_of(const compiled_query& query,
                         const label_set& instance,
                         const promql::labels& host,
                         double value) {
  rulefile::template_data data;
  data.labels = instance;
  data.labels.insert(host.begin(), host.end());
  data.value = value;
  auto fill = [&](const std::vector<rule_text>& from, label_set& to) {
    for (const auto& x : from) {
      auto text = x.made.expand(data);
      to[x.name] =
        text ? *text : fmt::format("<error expanding template: {}>", text.error().detail);
    }
  };
  told_texts out;
  fill(query.labels, out.labels);
  fill(query.annotations, out.annotations);
  return out;
}

std::string why_told(const told_texts& told, double value) {
  auto number = promql::value_text(value);
  for (const char* name : {"summary", "description", "message"})
    if (auto found = told.annotations.find(name);
        found != told.annotations.end() && !found->second.empty())
      return found->second;
  return "value " + number;
}

} // namespace aops::check
