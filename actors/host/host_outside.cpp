// Rules that programs judge. A program is shown the samples of each round once they are judged by
// all other rules; what it says counts in the next round. Rounds never wait for it.
#include "actors/host/host_ask.hpp"
#include "actors/host/host_body.hpp"
#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

/// Of each line over the past, where nobody's round waits for it.
constexpr std::chrono::seconds patience_for_past{30};

check::outside_verdict verdict_of(const plugin::judgement& x) {
  check::outside_verdict out;
  out.time_ms = x.time_ms;
  out.what = x.state == plugin::judgement_state::well ? check::outside_verdict::state::well
             : x.state == plugin::judgement_state::abnormal
               ? check::outside_verdict::state::abnormal
               : check::outside_verdict::state::unknown;
  out.expected = x.expected.value_or(check::learned_view::none);
  out.low = x.low.value_or(check::learned_view::none);
  out.high = x.high.value_or(check::learned_view::none);
  out.reason = x.reason;
  return out;
}

/// Points of [from, until).
std::vector<plugin::timed_value>
timed_values(std::span<const check::point> points, int64_t from_ms, int64_t until_ms) {
  std::vector<plugin::timed_value> out;
  for (const auto& p : points)
    if (p.time_ms >= from_ms && p.time_ms < until_ms)
      out.emplace_back(p.time_ms, p.value.as_double());
  return out;
}

} // namespace

std::function<void(std::function<void()>)> host_body::way_home() const {
  return [me = self_->address()](std::function<void()> work) {
    if (auto host = caf::actor_cast<caf::actor>(me))
      caf::anon_send(host, host_work_due{std::move(work)});
  };
}

outside_errand host_body::errand_for(const check::compiled_rule& rule) const {
  outside_errand x;
  x.plugin = rule.outside->plugin;
  x.parameters = rule.outside->parameters;
  x.host_id = record_.host_id;
  x.check_item = rule.rule.check_item;
  x.metric = rule.items[0].item.name;
  x.period_ms = period_ms();
  return x;
}

void host_body::show_outside() {
  auto now = now_ms();
  auto may_ask = [&](const check::compiled_rule& rule) {
    auto asked = outside_asked_ms_.find(rule.digest);
    if (asked == outside_asked_ms_.end())
      return true;
    if (now - asked->second >= 2 * period_ms())
      checker_.outside_fails(rule,
                             fmt::format("plug-in {}: has not answered for {} s",
                                         rule.outside->plugin,
                                         (now - asked->second) / 1000));
    return false;
  };
  for (auto& work : checker_.take_outside_work(may_ask)) {
    auto errand = errand_for(*work.rule);
    errand.patience = std::chrono::milliseconds{2 * period_ms()};
    std::map<std::string, uint32_t> slots;
    for (auto& s : work.series) {
      auto key = fmt::format("{}/{}/{}", record_.host_id, work.rule->digest.substr(0, 16), s.slot);
      slots.emplace(key, s.slot);
      errand.series.push_back({key, s.labels, std::move(s.past), std::move(s.fresh), s.is_new});
    }
    outside_asked_ms_.insert_or_assign(work.rule->digest, now);
    run_errand(
      services_->plugins.get(),
      std::move(errand),
      [this, home = way_home(), rule = work.rule, slots = std::move(slots)](
        expected<plugin::judged_batch> said) {
        home([this, rule, slots, said = std::move(said)] { take_outside(rule, slots, said); });
      });
  }
}

/// The rule may be another by now; then nothing of it counts.
void host_body::take_outside(const check::rule_set::rule_ptr& rule,
                             const std::map<std::string, uint32_t>& slots,
                             expected<plugin::judged_batch> said) {
  outside_asked_ms_.erase(rule->digest);
  if (!said) {
    log::debug("outside-rule-not-judged",
               "{} of {}: {}",
               rule->rule.check_item,
               record_.host_id,
               said.error().detail);
    return checker_.outside_fails(*rule, said.error().detail);
  }
  checker_.outside_fails(*rule, {});
  for (const auto& s : said->series)
    if (auto slot = slots.find(s.key); slot != slots.end() && !s.points.empty())
      checker_.outside_said(*rule, slot->second, verdict_of(s.points.back()));
  for (const auto& key : said->unknown)
    if (auto slot = slots.find(key); slot != slots.end())
      checker_.outside_said(*rule, slot->second, std::nullopt);
}

/// Over the past: under keys of its own, so that what is learned live stays.
void host_body::ask_outside(const check::rule_set::rule_ptr& rule,
                            const check::run_request& request,
                            const check::run_data& data,
                            std::function<void(check::run_data)> then) {
  auto errand = errand_for(*rule);
  errand.patience = patience_for_past;
  auto labels = std::make_shared<std::map<std::string, label_set>>();
  auto run = ++outside_runs_;
  // With `for` and its like verdicts of before the range matter.
  auto judged_from = request.start_ms - rule->terms(request.period_ms).lead_ms();
  auto learned_from = judged_from - rule->outside->history_ms;
  auto add = [&](const label_set& of, std::span<const check::point> points) {
    auto key = fmt::format("{}/past/{}/{}", record_.host_id, run, labels->size());
    labels->emplace(key, of);
    errand.series.push_back({key,
                             of,
                             timed_values(points, learned_from, judged_from),
                             timed_values(points, judged_from, request.end_ms),
                             true});
  };
  const auto& item = data.items[0];
  if (item.points.empty())
    for (const auto& s : item.series)
      add(s.label, s.points);
  else
    add(rule->items[0].item.label, item.points);
  run_errand(
    services_->plugins.get(),
    std::move(errand),
    [home = way_home(), labels, then = std::move(then)](expected<plugin::judged_batch> said) {
      check::run_data out;
      if (!said)
        out.outside_problem = said.error().detail;
      std::map<std::string, size_t> places;
      for (size_t i = 0; said && i < said->series.size(); ++i) {
        const auto& s = said->series[i];
        auto [place, is_new] = places.emplace(s.key, out.outside.size());
        if (is_new)
          out.outside.push_back({labels->at(s.key), {}});
        for (const auto& x : s.points)
          out.outside[place->second].verdicts.push_back(verdict_of(x));
      }
      home([then, out = std::move(out)] { then(out); });
    });
}

} // namespace aops::actors
