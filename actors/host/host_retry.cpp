#include "actors/host/host_ask.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

// Asking again for ranges of which Prometheus knew nothing: late blocks, a remote write that lags,
// a server that was restarted. What a host scraped itself cannot be had later.

namespace aops::actors {

namespace {

/// Retries begun at one due time. Apart, so that a silent host does not starve the explicit checks.
constexpr size_t job_budget = 4, live_budget = 2;

bool found_data(const check::run_result& x) {
  auto no_data = std::count_if(x.points.begin(), x.points.end(), [](const check::point_result& p) {
    return p.value == check::result_value::no_data;
  });
  return !x.whole && static_cast<size_t>(no_data) < x.judged;
}

} // namespace

check::retry_key host_body::key_of(std::string check_item, int64_t start_ms, int64_t end_ms) const {
  return {record_.owner, record_.host_id, std::move(check_item), start_ms, end_ms};
}

void host_body::note_outcome(const rule_list& rules,
                             const check::run_request& request,
                             const std::vector<check::run_result>& results) {
  if (!source_->keeps_past())
    return;
  for (size_t i = 0; i < rules.size(); ++i) {
    auto key = key_of(rules[i]->rule.check_item, request.start_ms, request.end_ms);
    // A rule that was refused fails the same way each time.
    if (results[i].whole && rules[i]->program)
      retries_.failed(key, now_ms());
    else
      retries_.succeeded(key);
  }
}

void host_body::note_silent(const std::vector<int64_t>& times) {
  for (size_t first = 0, next = 0; first < times.size(); first = next) {
    for (next = first + 1; next < times.size() && times[next] == times[next - 1] + period_ms();)
      ++next;
    live_retries_.failed(key_of({}, times[first], times[next - 1]), now_ms());
  }
}

void host_body::ask_again() {
  auto now = now_ms();
  for (const auto& key : retries_.due(now, job_budget))
    ask_again(key, false);
  for (const auto& key : live_retries_.due(now, live_budget))
    ask_again(key, true);
}

void host_body::ask_again(const check::retry_key& key, bool is_live) {
  auto& table = is_live ? live_retries_ : retries_;
  auto rules = is_live ? rules_for({}) : rules_for({key.check_item});
  if (rules.empty())
    return void(table.succeeded(key));
  static auto retries =
    metrics::counter_of("aops_check_retries_total", "Ranges without data asked for again.");
  retries.add();
  auto request =
    is_live ? request_for(key.start_ms, key.end_ms + 1) : job_for(key.start_ms, key.end_ms);
  history_->run(
    run_of(rules, request, read_kind::background),
    [this, &table, key, rules, request](expected<std::vector<check::run_result>> results) {
      if (!results) // Prometheus is down: that was no attempt.
        return table.put_back(key, now_ms());
      if (!table.knows(key)) // Asked for meanwhile, with more around it: that is newer.
        return;
      if (std::none_of(results->begin(), results->end(), found_data))
        return void(table.failed(key, now_ms())); // Its rows are stored already.
      store_runs(rules, request, std::move(*results), [this, &table, key](expected<void> how) {
        if (how)
          table.succeeded(key);
        else
          table.put_back(key, now_ms());
      });
    });
}

} // namespace aops::actors
