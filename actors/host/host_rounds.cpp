#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/round_codec.hpp"

namespace aops::actors {

namespace {

constexpr int rounds_to_offline = 3;

constexpr std::chrono::microseconds nearly_one_ms{999};

/// Rounds that may wait for windows to be loaded.
constexpr size_t most_waiting = 240;

/// Commits that may wait for the store before late rounds are read: more would only take memory.
constexpr size_t most_late_commits = 4;

constexpr int64_t forget_every_ms = 24 * 3600 * 1000LL;

/// Samples leave the store in chunks of an hour, and some minutes late.
constexpr int64_t gone_margin_ms = 24 * 3600 * 1000LL;
/// Where samples are dumped: files may have been impossible for so long.
constexpr int64_t dumped_margin_ms = 30 * gone_margin_ms;

/// Series forgotten in one commit.
constexpr size_t most_gone = 256;

} // namespace

// -- sampling

void host_body::schedule_after(int64_t time_ms) {
  auto next = check::next_grid(time_ms, period_ms(), checker_.offset_ms());
  std::chrono::milliseconds wait{std::max<int64_t>(0, next + source_->phase_ms() - now_ms())};
  // At the next whole millisecond, never before it is due: hosts that are asked together are due at
  // once, and CAF's clock wakes once for them.
  auto now = std::chrono::floor<std::chrono::milliseconds>(self_->clock().now() + nearly_one_ms);
  self_->scheduled_send(self_, now + wait, round_due{next});
}

void host_body::on_due(int64_t time_ms) {
  if (release_ && !may_begin_still())
    return release_when_idle();
  if (time_ms <= last_due_ms_)
    return;
  auto now = now_ms();
  if (auto latest = check::floor_grid(now, period_ms(), checker_.offset_ms());
      latest > time_ms && !source_->keeps_past()) {
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
  lateness.observe(static_cast<double>(std::max<int64_t>(0, now - time_ms - source_->phase_ms())) /
                   1000);
  schedule_after(time_ms);
  look_for_stuck_rounds();
  source_->take_round(time_ms);
  if (release_ && source_->pages_under_way() > 0)
    wait_for_page();
  ask_again();
  if (!release_)
    look_at_lines(time_ms, [] {});
}

// -- judging

live_source::links host_body::source_links_of() {
  live_source::links to{links_to_source(), checker_, {}, {}, {}, {}};
  to.take = [this](check::round x) { take_round(std::move(x)); };
  to.take_late = [this](const history_portion& x) { judge_late(x); };
  to.may_take_late = [this] {
    return is_live_ && !is_loading_ && !pending_rules_ && commits_.size() < most_late_commits;
  };
  to.page_ended = [this] { release_when_idle(); };
  return to;
}

int64_t host_body::judgeable_ms() const {
  return check::floor_grid(now_ms() - source_->delay_ms(), period_ms(), checker_.offset_ms());
}

void host_body::take_round(check::round x) {
  if (!is_loading_)
    return judge(x);
  if (waiting_rounds_.size() >= most_waiting) // The ledger will say so.
    waiting_rounds_.pop_front();
  waiting_rounds_.push_back(std::move(x));
}

void host_body::judge(const check::round& x) {
  auto why = x.reason.empty() ? check::no_answer : std::string_view{x.reason};
  auto result = x.answered ? checker_.on_samples(x.time_ms, x.samples, x.duration_s)
                           : checker_.on_failure(x.time_ms, x.duration_s, why);
  if (result.stale)
    return;
  static auto rounds = metrics::counter_of("aops_rounds_total", "Rounds judged.");
  static auto samples = metrics::counter_of("aops_samples_total", "Samples kept.");
  rounds.add();
  samples.add(static_cast<double>(x.samples.size()));
  auto recorded = std::move(result.recorded);
  take_line_numbers(x);
  auto commit = findings(std::move(result), x.time_ms);
  if (recorded.empty()) {
    commit.sample_blob = check::encode_round(x);
  } else {
    auto all = x;
    all.samples.insert(all.samples.end(), recorded.begin(), recorded.end());
    commit.sample_blob = check::encode_round(all);
  }
  if (pushed_)
    commit.rounds_of_pushed.push_back(x.time_ms);
  forget_gone_series(x, commit);
  commit.new_series = checker_.kept().take_new();
  note_answer(x, commit);
  commits_.push(std::move(commit));
  show_outside();
}

/// Samples that were pushed, before their round is judged.
void host_body::keep_pushed(std::vector<sample_row> rows, std::function<void()> then) {
  if (rows.empty() && commits_.empty())
    return then();
  auto commit = new_commit(); // Leaves the cursor alone.
  commit.pushed = std::move(rows);
  commit.new_series = checker_.kept().take_new();
  commits_.push(std::move(commit), std::move(then));
}

caf::result<samples_pushed> host_body::on_push(const samples_to_push& x) {
  if (!pushed_)
    return to_caf(error{ec::bad_request, "host " + record_.host_name + " is scraped, not pushed"});
  if (release_)
    return to_caf(error{ec::moved, "host " + record_.host_name + " moves to another node"});
  if (!is_live_)
    return to_caf(error{ec::unreachable, "host " + record_.host_name + " is being started"});
  auto promise = keep_promise<samples_pushed>();
  pushed_->push(x, [promise](expected<samples_pushed> done) { promise->answer(std::move(done)); });
  return caf::delegated<samples_pushed>{};
}

/// Rounds that the source kept. In one go.
void host_body::judge_late(const history_portion& x) {
  auto result = checker_.replay(x.rounds);
  if (result.stale)
    return;
  static auto rounds = metrics::counter_of("aops_rounds_total", "Rounds judged.");
  static auto samples = metrics::counter_of("aops_samples_total", "Samples kept.");
  rounds.add(static_cast<double>(x.rounds.size()));
  for (const auto& round : x.rounds)
    samples.add(static_cast<double>(round.samples.size()));
  // The source collects whatever rules exist: a new one finds its past there.
  std::erase_if(result.deviations,
                [](const deviation& d) { return d.reason == check::missed_not_collected; });
  auto commit = findings(std::move(result), x.rounds.front().time_ms);
  for (const auto& round : x.rounds) {
    note_answer(round, commit);
    take_line_numbers(round);
  }
  commits_.push(std::move(commit));
  show_outside();
  note_silent(x.silent);
}

/// Frees the numbers of series that have not been seen for longer than samples are kept: no sample
/// of theirs is left then, or goes in the same commit.
void host_body::forget_gone_series(const check::round& x, round_to_commit& commit) {
  // The series of rounds that wait have not been seen yet.
  bool is_clear = x.answered && !is_loading_ && waiting_rounds_.empty();
  if (!is_clear || x.time_ms < forget_again_ms_)
    return;
  const auto& c = *services_->config;
  auto margin = c.retention.dump_samples ? dumped_margin_ms : gone_margin_ms;
  auto before = x.time_ms - c.samples.keep.ms - margin;
  commit.gone_series = checker_.forget_unseen(before, most_gone);
  if (commit.gone_series.size() < most_gone)
    forget_again_ms_ = x.time_ms + forget_every_ms;
  if (commit.gone_series.empty())
    return;
  commit.gone_until_ms = before - 1;
  source_->series_changed();
}

round_to_commit host_body::findings(check::round_result&& result, int64_t first_ms) {
  static auto evaluations =
    metrics::counter_of("aops_rule_evaluations_total", "Rules judged on a round.");
  evaluations.add(static_cast<double>(result.judged));
  services_->costs->add(record_.owner, checker_.take_costs());
  coverage_.begin(first_ms);
  auto commit = new_commit();
  commit.until_ms = result.until_ms;
  for (const auto& change : result.changes)
    recent_.apply(change, commit.changes);
  commit.alerts = std::move(result.alerts);
  for (const auto& d : result.deviations) {
    coverage_.add(d);
    commit.deviations.push_back(d);
  }
  for (const auto& item : checker_.waiting())
    commit.deviations.push_back(
      coverage_.note_late(item, first_ms, commit.until_ms, check::join_distance_ms(period_ms())));
  commit.deviations.insert(commit.deviations.end(), new_deviations_.begin(), new_deviations_.end());
  new_deviations_.clear();
  return commit;
}

void host_body::note_answer(const check::round& x, round_to_commit& commit) {
  note_status(x.answered, x.time_ms, commit);
  auto why = x.answered         ? std::string{}
             : x.reason.empty() ? std::string{check::no_answer}
                                : check::short_reason(x.reason);
  if (scrape_error_ == why)
    return;
  scrape_error_ = why;
  commit.scrape_error.emplace(std::move(why));
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

void host_body::look_for_stuck_rounds() {
  services_->rounds->looked(
    record_.host_id, oldest_wait(), now_ms(), period_ms(), *services_->health);
}

/// Of the oldest round that is not stored.
round_watch::wait host_body::oldest_wait() const {
  if (auto oldest = commits_.oldest_ms())
    return {*oldest,
            fmt::format("commit of {} rounds in {}{}{}",
                        commits_.size(),
                        round_store_name,
                        commits_.last_refusal() ? ": " : "",
                        commits_.last_refusal() ? to_string(*commits_.last_refusal()) : "")};
  std::string source{source_->name()};
  if (!waiting_rounds_.empty())
    return {waiting_rounds_.front().time_ms, "history of the windows from " + source};
  if (!is_live_)
    return {begun_ms_, "the state of the host from " + std::string{round_store_name}};
  // A source that keeps the past may not answer; after a pause there is much to catch up with.
  if (auto cursor = checker_.cursor_ms();
      source_->keeps_past() && cursor && judgeable_ms() > *cursor + period_ms())
    return {std::max(*cursor + source_->delay_ms(), begun_ms_), "samples from " + source};
  return {};
}

round_to_commit host_body::new_commit() const {
  round_to_commit x;
  x.owner = record_.owner;
  x.host_id = record_.host_id;
  x.since_ms = coverage_.since_ms();
  x.rule_set_digest = checker_.rules().digest();
  return x;
}

// -- committing

commit_queue::links host_body::commit_links() {
  commit_queue::links to;
  to.send = [this](rounds_to_commit x, commit_queue::sent then) {
    ask<round_store_actor, aops::done>(
      round_store_name,
      store_deadline(),
      std::move(x),
      [then = std::move(then)](expected<aops::done> how) { then(how.map([](aops::done) {})); });
  };
  to.wake_after = [this](std::chrono::milliseconds time) { send_later(time, commit_due{}); };
  to.stored = [this](int64_t until_ms) { cursor_moved(until_ms); };
  to.went_on = [this] {
    if (pending_rules_ && is_live_ && !is_loading_ && commits_.empty())
      apply_rules(std::exchange(pending_rules_, nullptr));
    source_->go_on();
    backfill_.start(); // What was judged for others a moment ago is readable now.
    release_when_idle();
  };
  to.lost = [this](const deviation& d) { coverage_.add(d); };
  to.refused = [this](const error& why) { give_up(why); };
  return to;
}

void host_body::cursor_moved(int64_t until_ms) {
  coverage_.advance(until_ms);
  look_for_stuck_rounds();
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
