// What `rule_engine` does for rules that learn what is usual.
#include "runtime/core/check/learned_rule.hpp"

#include "runtime/core/check/rule_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aops::check {

std::string learned_view::text() const {
  auto out = fmt::format("value {:.6g}", value);
  if (!std::isnan(expected))
    out += fmt::format(", expected {:.6g}", expected);
  if (!std::isnan(low) && !std::isnan(high))
    out += fmt::format(" ({:.6g} to {:.6g})", low, high);
  else if (!std::isnan(high))
    out += fmt::format(" (at most {:.6g})", high);
  else if (!std::isnan(low))
    out += fmt::format(" (at least {:.6g})", low);
  return reason.empty() ? out : out + ": " + reason;
}

// -- what is remembered

seasonal_model& learned_rule::model(uint32_t slot, size_t most) {
  auto found = models.find(slot);
  if (found != models.end())
    return found->second;
  if (models.size() >= most) {
    auto oldest = std::min_element(models.begin(), models.end(), [](auto& a, auto& b) {
      return a.second.last_ms() < b.second.last_ms();
    });
    models.erase(oldest);
  }
  return models[slot];
}

void learned_rule::forget(uint32_t slot) {
  models.erase(slot);
  verdicts.erase(slot);
  shown_ms.erase(slot);
}

size_t learned_rule::memory_bytes() const {
  size_t bytes = sizeof(*this) + problem.capacity();
  for (const auto& [slot, x] : models)
    bytes += x.memory_bytes() + 48;
  for (const auto& [slot, x] : verdicts)
    bytes += sizeof(x) + x.reason.capacity() + 48;
  return bytes + shown_ms.size() * 64;
}

// -- learning

/// The samples of the round that was entered last.
void rule_engine::learn_now(int64_t t_ms) {
  for (auto& b : rules) {
    if (!b.learned() || !b.rule->seasonal)
      continue;
    auto most = models_per_instance * limits_.instances;
    auto lookback = b.rule->seasonal->lookback_ms();
    auto take = [&](uint32_t slot, const expr::series& window) {
      if (!window.empty() && window.time(window.end() - 1) == t_ms)
        b.learned()
          ->model(slot, most)
          .learn(t_ms, window.value(window.end() - 1).as_double(), lookback);
    };
    if (b.sources().empty()) {
      take(b.common.slot, *b.common.judge->windows().front());
      continue;
    }
    const auto& all = b.sources().front().candidates;
    for (size_t i = 0; i < all.size() && i < limits_.instances; ++i)
      take(all[i].id, *all[i].window);
  }
}

/// Samples of the past, in any order.
void rule_engine::learn_past(int64_t t_ms, std::span<const sample> samples) {
  for (auto& b : rules) {
    if (!b.learned() || !b.rule->seasonal)
      continue;
    auto most = models_per_instance * limits_.instances;
    auto is_of_rule = [&](uint32_t slot) {
      if (b.sources().empty())
        return slot == b.common.slot;
      const auto& all = b.sources().front().candidates;
      auto place = std::lower_bound(
        all.begin(), all.end(), slot, [](const candidate& c, uint32_t s) { return c.id < s; });
      return place != all.end() && place->id == slot;
    };
    for (const auto& s : samples)
      if (is_of_rule(s.slot))
        b.learned()
          ->model(s.slot, most)
          .learn(t_ms, s.value.as_double(), b.rule->seasonal->lookback_ms());
  }
}

// -- judging

point_state rule_engine::state_at(bound_rule& b, instance& x, int64_t t_ms, bool answered) {
  if (!b.learned())
    return x.judge->at(t_ms, answered, period_ms_);
  auto& view = x.more.make().view;
  view.reset();
  if (!answered)
    return point_state::no_data;
  return b.learned()->problem.empty() ? learned_state_at(b, x, t_ms) : point_state::error;
}

point_state rule_engine::learned_state_at(bound_rule& b, instance& x, int64_t t_ms) {
  const auto& window = *x.judge->windows().front();
  if (window.empty() || window.time(window.end() - 1) != t_ms)
    return point_state::no_data;
  auto value = window.value(window.end() - 1).as_double();
  if (b.rule->seasonal) {
    auto found = b.learned()->models.find(x.slot);
    if (found == b.learned()->models.end())
      return point_state::unknown;
    auto said = found->second.judge(t_ms, value, *b.rule->seasonal);
    if (!said)
      return point_state::unknown;
    x.more.make().view = std::make_unique<learned_view>(
      learned_view{said->value, said->expected, said->low, said->high});
    return said->is_abnormal ? point_state::held : point_state::well;
  }
  auto found = b.learned()->verdicts.find(x.slot);
  if (found == b.learned()->verdicts.end())
    return point_state::unknown;
  const auto& said = found->second;
  // What was said of a sample long ago says nothing of this one.
  bool is_of_now =
    b.learned()->is_exact ? said.time_ms == t_ms : t_ms - said.time_ms <= 2 * period_ms_;
  if (!is_of_now || said.what == outside_verdict::state::unknown)
    return point_state::unknown;
  x.more.make().view = std::make_unique<learned_view>(
    learned_view{value, said.expected, said.low, said.high, said.reason});
  return said.what == outside_verdict::state::abnormal ? point_state::held : point_state::well;
}

} // namespace aops::check
