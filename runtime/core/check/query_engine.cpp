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
                          [](const instance& x, const label_set& y) { return x.labels() < y; });
}

} // namespace

void rule_engine::set_host(promql::labels host) {
  if (host == host_)
    return;
  host_ = std::move(host);
  for (auto& b : rules)
    if (b.query())
      b.query()->reset();
}

/// All rounds that took place, for stale series.
void rule_engine::bind_query(bound_rule& b) {
  bool was_kept = true;
  auto slot = kept_.bind(std::string{up_series}, {}, was_kept);
  b.slots.push_back(slot);
  auto& more = b.more.make();
  more.rounds = &windows_.use(slot, b.terms->horizon_ms);
  more.query = std::make_unique<rule_query>(b.rule);
}

void rule_engine::renew_rule(bound_rule& b, rule_set::rule_ptr rule) {
  if (b.query() && b.rule->query != rule->query)
    b.more.make().query = std::make_unique<rule_query>(rule);
  b.rule = std::move(rule);
}

instance& rule_engine::instance_of_query(bound_rule& b, const label_set& labels) {
  if (labels.empty())
    return b.common;
  auto& others = b.more.make().others;
  auto place = place_of(others, labels);
  if (place == others.end() || place->labels() != labels) {
    place = others.emplace(place);
    place->more.make().labels = labels;
  }
  return *place;
}

/// Whether none of its series has a point in this round.
bool rule_engine::lacks_series(const bound_rule& b, int64_t t_ms) const {
  auto has_point = [&](const expr::series& x) { return !x.empty() && x.time(x.end() - 1) == t_ms; };
  auto sources = b.sources();
  return std::none_of(sources.begin(), sources.end(), [&](const item_source& source) {
    return (source.fixed != nullptr && has_point(*source.fixed)) ||
           std::any_of(source.candidates.begin(), source.candidates.end(), [&](const candidate& c) {
             return has_point(*c.window);
           });
  });
}

/// Instances that have been well for so long that no row of theirs goes on.
void rule_engine::drop_well(bound_rule& b, int64_t t_ms) {
  auto gone = std::erase_if(b.more.make().others, [&](const instance& x) {
    return !x.value && x.is_judged() && t_ms - x.judged_since_ms > 2 * period_ms_ &&
           x.more->time.is_idle() && x.more->flaps.is_idle();
  });
  have_gone_ |= gone > 0;
}

void rule_engine::judge_query(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  auto& more = b.more.make();
  if (b.rule->records()) {
    auto value = more.problem.empty() ? std::nullopt : std::optional(result_value::internal_error);
    return note(b.common, t_ms, value, [&] { return more.problem; });
  }
  auto found = evaluate(b, t_ms);
  drop_well(b, t_ms);
  for (auto& x : more.others)
    x.more.make().element.reset();
  b.common.more.make().element.reset();
  more.left_out = 0;
  for (const auto& x : found) {
    auto& to = instance_of_query(b, x.labels);
    if (more.others.size() > limits_.instances) {
      more.others.erase(place_of(more.others, x.labels));
      ++more.left_out;
    } else {
      to.more.make().element = x.value;
    }
  }
  bool is_lacking = found.empty() && more.problem.empty() && lacks_series(b, t_ms) &&
                    b.terms->no_data != no_data_policy::ignore;
  auto absent = !more.problem.empty() ? point_state::error
                : is_lacking          ? point_state::no_data
                                      : point_state::well;
  for (auto& x : more.others) {
    auto value = verdict(b, x, t_ms, x.more->element ? point_state::held : absent);
    if (value && *value != result_value::abnormal)
      value.reset(); // Said once, of no instance.
    note_query(b, x, t_ms, value, why_silent);
  }
  auto value = verdict(b, b.common, t_ms, b.common.more->element ? point_state::held : absent);
  if (!value && more.left_out > 0)
    value = result_value::internal_error;
  note_query(b, b.common, t_ms, value, why_silent);
}

/// Nothing when it fails; then `problem` says why.
std::vector<rule_query::element> rule_engine::evaluate(bound_rule& b, int64_t t_ms) {
  if (std::exchange(b.must_join, false))
    b.query()->reset();
  auto& more = b.more.make();
  more.problem.clear();
  auto found = more.query->at(more.sources, *more.rounds, host_, t_ms);
  if (found)
    return std::move(*found);
  more.problem = found.error().detail;
  return {};
}

/// As `note`; what is abnormal is told with the rule's texts as they are when it begins.
void rule_engine::note_query(bound_rule& b,
                             instance& x,
                             int64_t t_ms,
                             std::optional<result_value> value,
                             const std::string_view* why_silent) {
  if (value == x.value && x.is_judged())
    return;
  bool begins = value == result_value::abnormal;
  note(x, t_ms, value, [&]() -> std::string {
    if (value == result_value::no_data)
      return std::string(why_silent != nullptr ? *why_silent
                                               : "the host has no series that the query names");
    if (!b.more->problem.empty())
      return b.more->problem;
    return fmt::format("more than {} results, the others are not judged (check.max_instances)",
                       limits_.instances);
  });
  auto& more = x.more.make();
  more.told.reset();
  if (!begins)
    return;
  auto number = more.element.value_or(0);
  more.told =
    std::make_unique<told_texts>(told_texts_of(*b.rule->query, more.labels, host_, number));
  more.reason = short_reason(why_told(*more.told, number));
}

// -- recording

/// Rules that record, in their order; each sees what those before it recorded in this round.
void rule_engine::record(int64_t t_ms, std::span<const sample> samples, std::vector<sample>& to) {
  std::vector<bound_rule*> recording;
  for (auto& b : rules)
    if (b.query() && b.rule->records() && !b.waits)
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
  auto& more = b.more.make();
  if (found.size() > limits_.instances) {
    more.problem = fmt::format("{} series to be recorded, the limit is {} (check.max_instances)",
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
    auto [known, is_new] = more.recorded.try_emplace(std::move(x.labels));
    auto& series = known->second;
    if (is_new) {
      bool was_kept = true;
      series.slot = kept_.bind(b.rule->rule.record, known->first, was_kept);
    }
    if (series.slot >= is_taken.size())
      is_taken.resize(kept_.slot_count());
    if (is_taken[series.slot]) { // By the exporter, another rule, or another value of this one.
      more.problem = "several values would be recorded as one series";
      continue;
    }
    is_taken[series.slot] = true;
    series.last_ms = t_ms;
    to.push_back({series.slot, number::of(x.value)});
  }
  std::erase_if(more.recorded, [&](const auto& x) {
    if (t_ms - x.second.last_ms <= recorded_for_ms)
      return false;
    kept_.release(x.second.slot);
    return true;
  });
}

} // namespace aops::check
