// What `host_checker` does for rules that programs judge.
#include "runtime/core/check/live.hpp"

#include <algorithm>

namespace aops::check {

namespace {

using shown_points = std::vector<std::pair<int64_t, double>>;

/// Points of a window from one on, the last one apart.
void show_points(const expr::series& window,
                 uint64_t from,
                 shown_points& past,
                 shown_points& fresh) {
  for (auto i = from; i < window.end(); ++i)
    (i + 1 < window.end() ? past : fresh).emplace_back(window.time(i), window.value(i).as_double());
}

} // namespace

std::vector<host_checker::outside_work>
host_checker::take_outside_work(const std::function<bool(const compiled_rule&)>& may_ask) {
  std::vector<outside_work> out;
  for (auto& b : bound()) {
    if (!b.learned() || !b.rule->outside || b.waits || !may_ask(*b.rule))
      continue;
    outside_work work{b.rule, {}};
    auto take = [&](const instance& x) {
      if (!x.judge)
        return;
      const auto& window = *x.judge->windows().front();
      if (window.empty() || window.time(window.end() - 1) != cursor_ms_)
        return;
      auto known = b.learned()->shown_ms.find(x.slot);
      bool is_new = known == b.learned()->shown_ms.end();
      outside_series s{x.slot, x.labels(), is_new, {}, {}};
      if (is_new)
        show_points(window, window.first(), s.past, s.fresh);
      else
        show_points(window, window.lower_bound(known->second + 1), s.fresh, s.fresh);
      b.learned()->shown_ms[x.slot] = *cursor_ms_;
      work.series.push_back(std::move(s));
    };
    take(b.common);
    for (const auto& x : b.others())
      take(x);
    if (!work.series.empty())
      out.push_back(std::move(work));
  }
  return out;
}

void host_checker::outside_said(const compiled_rule& rule,
                                uint32_t slot,
                                std::optional<outside_verdict> said) {
  auto* b = find(rule.rule.check_item);
  if (b == nullptr || !b->learned() || b->rule->digest != rule.digest)
    return;
  if (said)
    b->learned()->verdicts.insert_or_assign(slot, std::move(*said));
  else
    b->learned()->shown_ms.erase(slot);
}

void host_checker::outside_fails(const compiled_rule& rule, std::string why) {
  auto* b = find(rule.rule.check_item);
  if (b == nullptr || !b->learned() || b->rule->digest != rule.digest)
    return;
  b->learned()->problem = std::move(why);
  if (!b->learned()->problem.empty()) // What it was shown may be lost.
    b->learned()->shown_ms.clear();
}

} // namespace aops::check
