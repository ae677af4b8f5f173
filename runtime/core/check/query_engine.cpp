// What `rule_engine` does for rules whose conditions are queries.
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/rule_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::check {

namespace {

/// A series that a rule recorded is given up after so much time without a value.
constexpr int64_t recorded_for_ms = int64_t{3600} * 1000;

auto place_of(std::vector<instance>& all, const label_set& labels) {
  return std::lower_bound(all.begin(),
                          all.end(),
                          labels,
                          [](const instance& x, const label_set& y) { return x.labels < y; });
}

} // namespace

void rule_engine::set_host(promql::labels host) {
  if (host == host_)
    return;
  host_ = std::move(host);
  for (auto& b : rules)
    if (b.query)
      b.query->reset();
}

/// All rounds that took place, for stale series.
void rule_engine::bind_query(bound_rule& b) {
  bool was_kept = true;
  b.slots.push_back(kept_.bind(std::string{up_series}, {}, was_kept));
  b.rounds = &windows_.use(b.slots.back(), b.horizon_ms);
  b.query = std::make_unique<rule_query>(b.rule);
}

void rule_engine::renew_rule(bound_rule& b, rule_set::rule_ptr rule) {
  if (b.query && b.rule->query != rule->query)
    b.query = std::make_unique<rule_query>(rule);
  b.rule = std::move(rule);
}

instance& rule_engine::instance_of_query(bound_rule& b, const label_set& labels) {
  if (labels.empty())
    return b.common;
  auto place = place_of(b.others, labels);
  if (place == b.others.end() || place->labels != labels) {
    place = b.others.emplace(place);
    place->labels = labels;
  }
  return *place;
}

/// Whether none of its series has a point in this round.
bool rule_engine::lacks_series(const bound_rule& b, int64_t t_ms) const {
  auto has_point = [&](const expr::series& x) { return !x.empty() && x.time(x.end() - 1) == t_ms; };
  return std::none_of(b.sources.begin(), b.sources.end(), [&](const item_source& source) {
    return (source.fixed != nullptr && has_point(*source.fixed)) ||
           std::any_of(source.candidates.begin(), source.candidates.end(), [&](const candidate& c) {
             return has_point(*c.window);
           });
  });
}

/// Instances that have been well for so long that no row of theirs goes on.
void rule_engine::drop_well(bound_rule& b, int64_t t_ms) {
  auto gone = std::erase_if(b.others, [&](const instance& x) {
    return !x.value && x.since_ms && t_ms - *x.since_ms > 2 * period_ms_ && x.time.is_idle() &&
           x.flaps.is_idle();
  });
  have_gone_ |= gone > 0;
}

void rule_engine::judge_query(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  if (b.rule->records()) {
    auto value = b.problem.empty() ? std::nullopt : std::optional(result_value::internal_error);
    return note(b.common, t_ms, value, [&] { return b.problem; });
  }
  auto found = evaluate(b, t_ms);
  drop_well(b, t_ms);
  for (auto& x : b.others)
    x.element.reset();
  b.common.element.reset();
  b.left_out = 0;
  for (const auto& x : found) {
    auto& to = instance_of_query(b, x.labels);
    if (b.others.size() > limits_.instances) {
      b.others.erase(place_of(b.others, x.labels));
      ++b.left_out;
    } else {
      to.element = x.value;
    }
  }
  bool is_lacking = found.empty() && b.problem.empty() && lacks_series(b, t_ms) &&
                    b.terms.no_data != no_data_policy::ignore;
  auto absent = !b.problem.empty() ? point_state::error
                : is_lacking       ? point_state::no_data
                                   : point_state::well;
  for (auto& x : b.others) {
    auto value = verdict(b, x, t_ms, x.element ? point_state::held : absent);
    if (value && *value != result_value::abnormal)
      value.reset(); // Said once, of no instance.
    note_query(b, x, t_ms, value, why_silent);
  }
  auto value = verdict(b, b.common, t_ms, b.common.element ? point_state::held : absent);
  if (!value && b.left_out > 0)
    value = result_value::internal_error;
  note_query(b, b.common, t_ms, value, why_silent);
}

/// Nothing when it fails; then `problem` says why.
std::vector<rule_query::element> rule_engine::evaluate(bound_rule& b, int64_t t_ms) {
  if (std::exchange(b.must_join, false))
    b.query->reset();
  b.problem.clear();
  auto found = b.query->at(b.sources, *b.rounds, host_, t_ms);
  if (found)
    return std::move(*found);
  b.problem = found.error().detail;
  return {};
}

/// As `note`; what is abnormal is told with the rule's texts as they are when it begins.
void rule_engine::note_query(bound_rule& b,
                             instance& x,
                             int64_t t_ms,
                             std::optional<result_value> value,
                             const std::string_view* why_silent) {
  if (value == x.value && x.since_ms)
    return;
  bool begins = value == result_value::abnormal;
  note(x, t_ms, value, [&]() -> std::string {
    if (value == result_value::no_data)
      return std::string(why_silent != nullptr ? *why_silent
                                               : "the host has no series that the query names");
    if (!b.problem.empty())
      return b.problem;
    return fmt::format("more than {} results, the others are not judged (check.max_instances)",
                       limits_.instances);
  });
  x.told.reset();
  if (!begins)
    return;
  auto number = x.element.value_or(0);
  x.told = std::make_unique<told_texts>(told_texts_of(*b.rule->query, x.labels, host_, number));
  x.reason = short_reason(why_told(*x.told, number));
}

// -- recording

/// Rules that record, in their order; each sees what those before it recorded in this round.
void rule_engine::record(int64_t t_ms, std::span<const sample> samples, std::vector<sample>& to) {
  std::vector<bound_rule*> recording;
  for (auto& b : rules)
    if (b.query && b.rule->records() && !b.waits)
      recording.push_back(&b);
  if (recording.empty())
    return;
  std::stable_sort(recording.begin(), recording.end(), [](auto* a, auto* b) {
    return is_recorded_before(a->rule->rule, b->rule->rule);
  });
  std::vector<bool> is_taken(kept_.slot_count());
  for (const auto& s : samples)
    if (s.slot < is_taken.size())
      is_taken[s.slot] = true;
  for (auto* b : recording) {
    auto begin = to.size();
    auto began = clock_ ? clock_() : 0;
    record(*b, t_ms, is_taken, to);
    if (clock_)
      b->spent_ns += clock_() - began;
    auto fresh = std::span(to).subspan(begin);
    if (fresh.empty())
      continue;
    meet(fresh);
    for (const auto& s : fresh) {
      windows_.append(s.slot, t_ms, s.value);
      kept_.remember(s.slot, t_ms, s.value);
    }
  }
}

void rule_engine::record(bound_rule& b,
                         int64_t t_ms,
                         std::vector<bool>& is_taken,
                         std::vector<sample>& to) {
  auto found = evaluate(b, t_ms);
  if (found.size() > limits_.instances) {
    b.problem = fmt::format("{} series to be recorded, the limit is {} (check.max_instances)",
                            found.size(),
                            limits_.instances);
    found.clear();
  }
  for (auto& x : found) {
    for (const auto& text : b.rule->rule.labels)
      if (text.second.empty())
        x.labels.erase(text.first);
      else
        x.labels[text.first] = text.second;
    auto [known, is_new] = b.recorded.try_emplace(std::move(x.labels));
    auto& series = known->second;
    if (is_new) {
      bool was_kept = true;
      series.slot = kept_.bind(b.rule->rule.record, known->first, was_kept);
    }
    if (series.slot >= is_taken.size())
      is_taken.resize(kept_.slot_count());
    if (is_taken[series.slot]) { // By the exporter, another rule, or another value of this one.
      b.problem = "several values would be recorded as one series";
      continue;
    }
    is_taken[series.slot] = true;
    series.last_ms = t_ms;
    to.push_back({series.slot, number::of(x.value)});
  }
  std::erase_if(b.recorded, [&](const auto& x) {
    if (t_ms - x.second.last_ms <= recorded_for_ms)
      return false;
    kept_.release(x.second.slot);
    return true;
  });
}

} // namespace aops::check
