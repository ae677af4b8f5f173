#include "actors/host/commit_queue.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/alerts.hpp"

#include <algorithm>
#include <utility>

namespace aops::actors {

namespace {

/// Rounds that may wait for the store: an hour at the default period. Then the oldest are given up
/// and the ledger says so.
constexpr size_t most_queued = 240;

/// Rounds stored together when the store is slower than they come.
constexpr size_t most_together = 16;

constexpr std::string_view missed_store_unreachable = "missed(store_unreachable)";

/// What must not be lost with a round that is given up: later samples carry the numbers of its
/// series, and what became of alerts is told once.
void hand_down(round_to_commit from, round_to_commit& to) {
  std::erase_if(from.new_series, [&](const series_entry& x) {
    const auto& gone = to.gone_series;
    return std::find(gone.begin(), gone.end(), x.slot) != gone.end();
  });
  from.gone_series.insert(from.gone_series.end(), to.gone_series.begin(), to.gone_series.end());
  to.gone_series = std::move(from.gone_series);
  to.gone_until_ms = std::max(from.gone_until_ms, to.gone_until_ms);
  from.new_series.insert(from.new_series.end(), to.new_series.begin(), to.new_series.end());
  to.new_series = std::move(from.new_series);
  from.deviations.insert(from.deviations.end(), to.deviations.begin(), to.deviations.end());
  to.deviations = std::move(from.deviations);
  if (to.status.empty()) {
    to.status = std::move(from.status);
    to.status_since_ms = from.status_since_ms;
  }
  if (!to.scrape_error)
    to.scrape_error = std::move(from.scrape_error);
  // What was pushed is acknowledged once it is stored; of a round that is given up it is all there
  // is.
  from.pushed.insert(from.pushed.end(), to.pushed.begin(), to.pushed.end());
  to.pushed = std::move(from.pushed);
  to.rounds_of_pushed.insert(
    to.rounds_of_pushed.end(), from.rounds_of_pushed.begin(), from.rounds_of_pushed.end());
  from.alerts.insert(from.alerts.end(), to.alerts.begin(), to.alerts.end());
  to.alerts = std::move(from.alerts);
  check::keep_latest(to.alerts);
}

} // namespace

commit_queue::commit_queue(fence held, std::string host_id, links to)
    : held_(std::move(held)), host_id_(std::move(host_id)), to_(std::move(to)), retry_(host_id_) {}

void commit_queue::push(round_to_commit x, std::function<void()> then) {
  if (rounds_.size() >= most_queued)
    give_up_oldest(x, then);
  rounds_.push_back(std::move(x));
  thens_.push_back(std::move(then));
  pump();
}

/// The store is away for long: what is oldest goes, and the ledger will say so.
void commit_queue::give_up_oldest(round_to_commit& newest, std::function<void()>& then) {
  auto i = under_way_;
  auto oldest = std::move(rounds_[i]);
  auto waits = std::move(thens_[i]);
  rounds_.erase(rounds_.begin() + static_cast<ptrdiff_t>(i));
  thens_.erase(thens_.begin() + static_cast<ptrdiff_t>(i));
  if (auto& next = rounds_.size() > i ? thens_[i] : then; waits)
    next = [waits = std::move(waits), next = std::move(next)] {
      waits();
      if (next)
        next();
    };
  if (oldest.until_ms > 0) {
    deviation lost{{}, oldest.until_ms, oldest.until_ms, std::string{missed_store_unreachable}};
    // What was given up right before it is handed down to here: one stretch, however long the
    // store is away.
    std::erase_if(oldest.deviations, [&](const deviation& d) {
      bool is_same = d.reason == lost.reason;
      if (is_same)
        lost.start_ms = std::min(lost.start_ms, d.start_ms);
      return is_same;
    });
    to_.lost(lost);
    oldest.deviations.push_back(std::move(lost));
  }
  hand_down(std::move(oldest), rounds_.size() > i ? rounds_[i] : newest);
}

void commit_queue::pump() {
  if (under_way_ > 0 || quiet_ > 0 || rounds_.empty())
    return;
  rounds_to_commit together;
  under_way_ = std::min(rounds_.size(), most_together);
  for (size_t i = 0; i < under_way_; ++i) {
    rounds_[i].held = held_;
    together.rounds.push_back(rounds_[i]);
  }
  // Not by the node's clock, which follows the store's and may jump.
  auto began = std::chrono::steady_clock::now();
  to_.send(std::move(together), [this, began](expected<void> how) {
    static auto seconds =
      metrics::histogram_of("aops_round_store_seconds",
                            "From when a host sends rounds to the store to when it knows that they "
                            "are there.",
                            metrics::second_bounds());
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    seconds.observe(took.count());
    answered(std::move(how));
  });
}

void commit_queue::answered(expected<void> how) {
  auto sent = std::exchange(under_way_, 0);
  if (!how)
    return not_committed(how.error());
  is_refused_ = false;
  last_refusal_.reset();
  int64_t until_ms = 0;
  std::vector<std::function<void()>> ready;
  for (; sent > 0; --sent) {
    until_ms = std::max(until_ms, rounds_.front().until_ms);
    rounds_.pop_front();
    ready.push_back(std::move(thens_.front()));
    thens_.pop_front();
  }
  to_.stored(until_ms);
  for (const auto& then : ready)
    if (then)
      then();
  if (!run_work())
    pump();
  to_.went_on();
}

void commit_queue::not_committed(const error& why) {
  last_refusal_ = why;
  if (why == ec::fenced || why == ec::not_found)
    return to_.refused(why);
  // That the store is away is told once, by those who reach for it, and not by each host.
  if (why != ec::store_unreachable && why != ec::overloaded && !std::exchange(is_refused_, true))
    log::warn(
      "round-not-stored", "{} keeps its rounds and tries again: {}", host_id_, to_string(why));
  // Quiet for a while, whatever rounds come meanwhile.
  ++quiet_;
  to_.wake_after(retry_.next());
}

bool commit_queue::run_work() {
  if (!takes_works_ || works_.empty() || quiet_ > 0)
    return false;
  auto work = std::move(works_.front());
  works_.pop_front();
  ++quiet_;
  work();
  return true;
}

void commit_queue::when_quiet(std::function<void()> work) {
  works_.push_back(std::move(work));
  if (under_way_ == 0)
    run_work();
}

void commit_queue::resume() {
  --quiet_;
  // Rounds that wait go first: however many ask for quiet, they take turns with commits.
  if (!rounds_.empty() || !run_work())
    pump();
}

std::optional<int64_t> commit_queue::oldest_ms() const {
  for (const auto& x : rounds_)
    if (x.until_ms > 0)
      return x.until_ms;
  return {};
}

} // namespace aops::actors
