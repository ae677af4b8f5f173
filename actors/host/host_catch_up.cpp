#include "actors/host/host_ask.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/grid.hpp"

namespace aops::actors {

namespace {

/// Rounds judged together, in one commit: an hour at the default period.
constexpr size_t most_rounds = 240;

/// Commits that may wait for the store. More would only take memory: Prometheus keeps the samples.
constexpr size_t most_commits = 4;

} // namespace

int64_t host_body::delay_ms() const {
  if (services_->scrapes())
    return 0;
  auto delay = services_->config->check.delay.ms;
  return delay > 0 ? delay : period_ms();
}

int64_t host_body::request_phase_ms() const {
  // Hosts of one grid ask Prometheus together.
  return services_->scrapes() ? check::request_phase_ms(record_.host_id, period_ms()) : 0;
}

int64_t host_body::judgeable_ms() const {
  return check::floor_grid(now_ms() - delay_ms(), period_ms(), checker_.offset_ms());
}

void host_body::catch_up() {
  if (!is_live_ || is_loading_ || is_catching_up_ || pending_rules_ ||
      commits_.size() >= most_commits)
    return;
  // A tick may come a moment early.
  auto now = std::max(now_ms(), last_due_ms_);
  auto times = check::missing_grid(checker_.cursor_ms().value_or(origin_ms_),
                                   now,
                                   period_ms(),
                                   checker_.offset_ms(),
                                   delay_ms(),
                                   most_rounds);
  if (times.empty())
    return;
  is_catching_up_ = true;
  auto found = std::make_shared<history_portion>();
  history_->read_rounds(
    checker_.kept().bound(),
    times.front(),
    times.back(),
    [found](const history_portion& x) {
      found->rounds.insert(found->rounds.end(), x.rounds.begin(), x.rounds.end());
      found->silent.insert(found->silent.end(), x.silent.begin(), x.silent.end());
    },
    [this, found, version = rules_version_](expected<void> how) {
      is_catching_up_ = false;
      if (!how) // The cursor stays; the next due time asks again.
        return log::debug("rounds-not-read", "{}: {}", record_.host_id, to_string(how.error()));
      if (version == rules_version_)
        judge_again(*found);
      catch_up();
    });
}

void host_body::judge_again(const history_portion& x) {
  auto result = checker_.replay(x.rounds);
  if (result.stale)
    return;
  static auto rounds = metrics::counter_of("aops_rounds_total", "Rounds judged.");
  static auto samples = metrics::counter_of("aops_samples_total", "Samples kept.");
  rounds.add(static_cast<double>(x.rounds.size()));
  for (const auto& round : x.rounds)
    samples.add(static_cast<double>(round.samples.size()));
  // Prometheus collects whatever rules exist: a new one finds its past there.
  std::erase_if(result.deviations,
                [](const deviation& d) { return d.reason == check::missed_not_collected; });
  auto commit = findings(std::move(result), x.rounds.front().time_ms);
  for (const auto& round : x.rounds)
    note_status(round.answered, round.time_ms, commit);
  push(std::move(commit));
  note_silent(x.silent);
}

void host_body::after_commit() {
  if (services_->scrapes())
    return;
  if (pending_rules_ && is_live_ && !is_loading_ && commits_.empty())
    return apply_rules(std::exchange(pending_rules_, nullptr));
  catch_up();
}

} // namespace aops::actors
