#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/io/scrape/scrape_request.hpp"

namespace aops::actors {

namespace {

constexpr int rounds_to_offline = 3;

/// Rounds that may wait for the store: an hour at the default period. Then the oldest are given up
/// and the ledger says so.
constexpr size_t most_commits = 240;

/// Rounds stored together when the store is slower than they come.
constexpr size_t most_together = 16;

constexpr std::chrono::seconds commit_retry{1};

constexpr int64_t forget_every_ms = 24 * 3600 * 1000LL;

/// Samples leave the store in chunks of an hour, and some minutes late.
constexpr int64_t gone_margin_ms = 24 * 3600 * 1000LL;

/// Series forgotten in one commit.
constexpr size_t most_gone = 256;

constexpr std::string_view missed_store_unreachable = "missed(store_unreachable)";

/// What must not be lost with a round that is given up: later samples carry the numbers of its
/// series.
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
}

/// The time to commit again after the store refused; no grid time.
constexpr round_due retry_commits{-1};

/// The scrape must end before the next round begins.
std::chrono::milliseconds scrape_timeout(const base::config& c) {
  return std::min(c.scrape.timeout.chrono(), c.check.sample_period.chrono() * 9 / 10);
}

} // namespace

// -- sampling ------------------------------------------------------------------------------------

void host_body::schedule_after(int64_t time_ms) {
  auto next = check::next_grid(time_ms, period_ms(), checker_.offset_ms());
  auto wait = std::max<int64_t>(0, next + request_phase_ms() - now_ms());
  self_->delayed_send(self_, std::chrono::milliseconds{wait}, round_due{next});
}

void host_body::on_due(int64_t time_ms) {
  if (release_ && time_ms != retry_commits.time_ms && !may_begin_still(time_ms))
    return release_when_idle();
  if (!is_live_ || time_ms == 0) {
    if (auto work = std::exchange(start_again_, nullptr))
      return work();
    return is_live_ ? void() : begin(); // The source, or the store, did not answer at the start.
  }
  if (time_ms == retry_commits.time_ms)
    return resume_commits();
  if (time_ms <= last_due_ms_)
    return;
  auto now = now_ms();
  if (auto latest = check::floor_grid(now, period_ms(), checker_.offset_ms());
      latest > time_ms && services_->scrapes()) {
    // The machine slept or was overloaded: rounds whose time has passed cannot be sampled any more.
    // The checker enters the gap into the ledger.
    static auto skipped = metrics::counter_of("aops_rounds_skipped_total",
                                              "Rounds that could not take place in their time.");
    skipped.add(static_cast<double>((latest - time_ms) / period_ms()));
    time_ms = latest;
  }
  last_due_ms_ = time_ms;
  static auto lateness =
    metrics::histogram_of("aops_round_lateness_seconds",
                          "Begin of a round after its time was due.",
                          {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5});
  lateness.observe(static_cast<double>(std::max<int64_t>(0, now - time_ms - request_phase_ms())) /
                   1000);
  schedule_after(time_ms);
  if (services_->scrapes())
    return scrape(time_ms);
  catch_up();
  ask_again();
}

void host_body::scrape(int64_t time_ms) {
  const auto& c = *services_->config;
  scrape::exporter from{
    record_.public_ip,
    static_cast<uint16_t>(record_.exporter_port ? record_.exporter_port : c.scrape.port)};
  scrape::scrape_limits limits{std::min(c.scrape.connect_timeout.chrono(), scrape_timeout(c)),
                               scrape_timeout(c),
                               static_cast<size_t>(c.scrape.max_bytes.bytes)};
  fetch_order order{scrape::scrape_request(from, limits, page_bytes_)};
  ++scraping_;
  if (release_)
    wait_for_page();
  ask<scraper_actor, fetched>(scraper_name,
                              scrape_timeout(c) + std::chrono::seconds{1},
                              std::move(order),
                              [this, time_ms](expected<fetched> answer) {
                                --scraping_;
                                scraped(time_ms, std::move(answer));
                                release_when_idle();
                              });
}

void host_body::note_oversized() const {
  static auto left_out =
    metrics::counter_of("aops_series_too_long_total",
                        "Samples left out because their series' name or labels are too long.");
  left_out.add(static_cast<double>(reader_.oversized()));
  if (reader_.is_first_oversized())
    log::warn("series-too-long",
              "{} ({}) has series whose name or labels are too long to be kept: {} are left out",
              record_.host_name,
              record_.host_id,
              reader_.oversized());
}

void host_body::scraped(int64_t time_ms, expected<fetched> answer) {
  check::round round;
  round.time_ms = time_ms;
  expected<std::string> page = fail(ec::unreachable);
  if (answer) {
    round.duration_s = std::chrono::duration<double>(answer->how->took).count();
    page = scrape::page_of(std::move(*answer->how));
  } else {
    page = fail(answer.error());
  }
  if (page) {
    page_bytes_ = page->size();
    if (auto samples = reader_.read(*page)) {
      note_oversized();
      round.samples.reserve(samples->size());
      for (const auto& x : *samples)
        round.samples.push_back({x.slot, x.value});
      return take_round(std::move(round));
    } else {
      page = fail(samples.error());
    }
  }
  if (missed_rounds_ == 0)
    log::debug(
      "scrape-failed", "{} at {}: {}", record_.host_id, record_.public_ip, to_string(page.error()));
  round.answered = false;
  take_round(std::move(round));
}

// -- judging -------------------------------------------------------------------------------------

void host_body::take_round(check::round x) {
  if (!is_loading_)
    return judge(x);
  if (waiting_rounds_.size() >= most_commits) // The ledger will say so.
    waiting_rounds_.pop_front();
  waiting_rounds_.push_back(std::move(x));
}

void host_body::judge(const check::round& x) {
  auto result = x.answered ? checker_.on_samples(x.time_ms, x.samples, x.duration_s)
                           : checker_.on_failure(x.time_ms, x.duration_s);
  if (result.stale)
    return;
  static auto rounds = metrics::counter_of("aops_rounds_total", "Rounds judged.");
  static auto samples = metrics::counter_of("aops_samples_total", "Samples kept.");
  rounds.add();
  samples.add(static_cast<double>(x.samples.size()));
  auto commit = findings(std::move(result), x.time_ms);
  commit.sample_blob = check::encode_round(x);
  forget_gone_series(x, commit);
  commit.new_series = checker_.kept().take_new();
  note_status(x.answered, x.time_ms, commit);
  push(std::move(commit));
}

/// Frees the numbers of series that have not been seen for longer than samples are kept: no sample
/// of theirs is left then, or goes in the same commit.
void host_body::forget_gone_series(const check::round& x, round_to_commit& commit) {
  // The series of rounds that wait have not been seen yet.
  bool is_clear = x.answered && !is_loading_ && waiting_rounds_.empty();
  if (!is_clear || x.time_ms < forget_again_ms_)
    return;
  auto before = x.time_ms - services_->config->samples.keep.ms - gone_margin_ms;
  commit.gone_series = checker_.kept().forget_unseen(before, most_gone);
  if (commit.gone_series.size() < most_gone)
    forget_again_ms_ = x.time_ms + forget_every_ms;
  if (commit.gone_series.empty())
    return;
  commit.gone_until_ms = before - 1;
  reader_.forget();
}

round_to_commit host_body::findings(check::round_result&& result, int64_t first_ms) {
  static auto evaluations =
    metrics::counter_of("aops_rule_evaluations_total", "Rules judged on a round.");
  evaluations.add(static_cast<double>(result.judged));
  coverage_.begin(first_ms);
  auto commit = new_commit();
  commit.until_ms = result.until_ms;
  for (const auto& change : result.changes)
    recent_.apply(change, commit.changes);
  for (const auto& d : result.deviations) {
    coverage_.add(d);
    commit.deviations.push_back(d);
  }
  commit.deviations.insert(commit.deviations.end(), new_deviations_.begin(), new_deviations_.end());
  new_deviations_.clear();
  return commit;
}

void host_body::note_status(bool answered, int64_t time_ms, round_to_commit& commit) {
  missed_rounds_ = answered ? 0 : missed_rounds_ + 1;
  std::string status = answered                              ? "online"
                       : missed_rounds_ >= rounds_to_offline ? "offline"
                                                             : record_.status;
  if (status == record_.status)
    return;
  log::info("host-status-changed",
            "{} ({}) is {} after {}",
            record_.host_name,
            record_.host_id,
            status,
            record_.status);
  record_.status = status;
  record_.status_since_ms = time_ms;
  commit.status = status;
  commit.status_since_ms = time_ms;
}

round_to_commit host_body::new_commit() const {
  round_to_commit x;
  x.owner = record_.owner;
  x.host_id = record_.host_id;
  x.since_ms = coverage_.since_ms();
  x.rule_set_digest = checker_.rules().digest();
  return x;
}

// -- committing ----------------------------------------------------------------------------------

void host_body::push(round_to_commit x) {
  if (commits_.size() >= most_commits) {
    // The store is away for long: what is oldest goes, and the ledger will say so.
    auto i = committing_;
    auto oldest = std::move(commits_[i]);
    commits_.erase(commits_.begin() + static_cast<ptrdiff_t>(i));
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
      coverage_.add(lost);
      oldest.deviations.push_back(std::move(lost));
    }
    hand_down(std::move(oldest), commits_.size() > i ? commits_[i] : x);
  }
  commits_.push_back(std::move(x));
  pump();
}

void host_body::pump() {
  if (committing_ > 0 || quiet_ > 0 || commits_.empty())
    return;
  rounds_to_commit together;
  committing_ = std::min(commits_.size(), most_together);
  for (size_t i = 0; i < committing_; ++i) {
    commits_[i].held = held_;
    together.rounds.push_back(commits_[i]);
  }
  // Not by the node's clock, which follows the store's and may jump.
  auto began = std::chrono::steady_clock::now();
  ask<round_store_actor, aops::done>(
    round_store_name,
    store_deadline(),
    std::move(together),
    [this, began](expected<aops::done> how) {
      static auto seconds = metrics::histogram_of("aops_round_store_seconds",
                                                  "From when a host sends rounds to the store to "
                                                  "when it knows that they are there.",
                                                  metrics::second_bounds());
      std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      seconds.observe(took.count());
      auto sent = std::exchange(committing_, 0);
      if (!how)
        return not_committed(how.error());
      is_refused_ = false;
      for (; sent > 0; --sent) {
        coverage_.advance(commits_.front().until_ms);
        commits_.pop_front();
      }
      committed();
      after_commit();
      release_when_idle();
    });
}

void host_body::committed() {
  auto now = now_ms();
  std::vector<std::function<void()>> ready;
  std::erase_if(cursor_waiters_, [&](cursor_waiter& w) {
    bool is_ready = w.time_ms <= coverage_.until_ms();
    if (is_ready)
      ready.push_back(std::move(w.then));
    return is_ready || w.deadline_ms < now;
  });
  for (auto& then : ready)
    then();
  if (!release_ && !quiet_waiters_.empty() && quiet_ == 0) {
    auto work = std::move(quiet_waiters_.front());
    quiet_waiters_.pop_front();
    ++quiet_;
    return work();
  }
  pump();
}

void host_body::not_committed(const error& why) {
  if (why == ec::fenced || why == ec::not_found)
    return give_up(why);
  // That the store is away is told once, by those who reach for it, and not by each host.
  if (why != ec::store_unreachable && why != ec::overloaded && !std::exchange(is_refused_, true))
    log::warn("round-not-stored",
              "{} keeps its rounds and tries again: {}",
              record_.host_id,
              to_string(why));
  // Quiet for a while, whatever rounds come meanwhile: `retry_commits` ends it.
  ++quiet_;
  self_->delayed_send(self_, commit_retry, retry_commits);
}

void host_body::when_quiet(std::function<void()> work) {
  if (committing_ > 0 || quiet_ > 0 || release_) { // A host that leaves stores its rounds, no more.
    quiet_waiters_.push_back(std::move(work));
    return;
  }
  ++quiet_;
  work();
}

void host_body::resume_commits() {
  --quiet_;
  // Rounds that wait go first: however many ask for quiet, they take turns with commits.
  if (quiet_ == 0 && commits_.empty() && !release_ && !quiet_waiters_.empty()) {
    auto work = std::move(quiet_waiters_.front());
    quiet_waiters_.pop_front();
    ++quiet_;
    return work();
  }
  pump();
}

void host_body::wait_for_cursor(int64_t time_ms, int64_t deadline_ms, std::function<void()> then) {
  if (coverage_.until_ms() >= time_ms)
    return then();
  constexpr size_t most_waiters = 1000;
  if (cursor_waiters_.size() >= most_waiters)
    cursor_waiters_.erase(cursor_waiters_.begin()); // Its requester sees a time-out and asks again.
  cursor_waiters_.push_back({time_ms, deadline_ms, std::move(then)});
}

} // namespace aops::actors
