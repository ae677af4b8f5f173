#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/ledger.hpp"
#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/round_codec.hpp"

namespace aops::actors {

namespace {

/// Rounds that wait for the windows to be loaded; then they are begun empty.
constexpr size_t most_before_start = 200;

/// Ranges of one host that may wait to be asked again.
constexpr size_t most_retries = 256;

/// How long after a grid time a host that starts still takes that round. Its samples carry the grid
/// time: later than half of a period they would tell more of the next round. A second is little for
/// whoever looks at changes over such short periods.
int64_t latest_begin_ms(int64_t period_ms) { return std::max<int64_t>(1000, period_ms / 2); }

check::retry_config retry_limits(const base::config& c) {
  check::retry_config r;
  r.max_retry_num = static_cast<uint32_t>(c.check.max_retry_num);
  r.cool_down_ms = c.check.cool_down_time.ms;
  r.max_pending = most_retries;
  r.max_dead = std::min(most_retries, static_cast<size_t>(c.check.max_dead_retry_task));
  r.dead_discount = c.check.dead_retry_task_discount;
  return r;
}

check::match_limits limits_of_matches(const base::config& c) {
  check::flap_terms flaps;
  flaps.is_usual = c.check.flapping;
  flaps.rounds = static_cast<uint32_t>(c.check.flap_rounds);
  flaps.low = c.check.flap_low;
  flaps.high = c.check.flap_high;
  return {static_cast<size_t>(c.check.max_instances),
          static_cast<size_t>(c.check.max_matched_series),
          flaps};
}

/// Whether far windows are there that nobody fills yet.
bool waits_for_more(const std::vector<std::string>& waiting,
                    const std::vector<std::string>& waited,
                    const check::rules_diff& diff) {
  auto is_in = [](const std::vector<std::string>& all, const std::string& x) {
    return std::find(all.begin(), all.end(), x) != all.end();
  };
  return std::any_of(waiting.begin(), waiting.end(), [&](const std::string& x) {
    return !is_in(waited, x) || is_in(diff.replaced, x) || is_in(diff.added, x);
  });
}

int64_t processor_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

/// The gate calls from any thread.
history_turns::links turn_links(host_pointer self, const std::string& owner) {
  auto me = self->address();
  return {
    owner,
    [me] {
      if (auto host = caf::actor_cast<caf::actor>(me))
        caf::anon_send(host, history_turn{});
    },
    [self](std::chrono::milliseconds time) { self->delayed_send(self, time, history_turn{}); }};
}

} // namespace

host_body::host_body(host_pointer self,
                     services_ptr services,
                     host_record record,
                     std::shared_ptr<const check::rule_set> rules)
    : self_(self), services_(std::move(services)), record_(std::move(record)),
      held_(services_->slots->fence_of(record_.host_id)), rules_(std::move(rules)),
      checker_(services_->period_ms(),
               record_.host_id,
               services_->keep_list,
               check::kept_series::usual_listed,
               limits_of_matches(*services_->config)),
      recent_(services_->period_ms()), turns_(services_->history, turn_links(self_, record_.owner)),
      source_(make_source()), history_(lined_history_of(links_to_source(), source_->history())),
      lines_(services_->period_ms()), commits_(held_, record_.host_id, commit_links()),
      backfill_(record_.host_id, backfill_links()), far_windows_(far_links()),
      start_retry_(record_.host_id), begun_ms_(now_ms()),
      retries_(retry_limits(*services_->config)), live_retries_(retry_limits(*services_->config)) {}

std::unique_ptr<live_source> host_body::make_source() {
  if (!services_->scrapes())
    return prometheus_of(source_links_of());
  if (record_.source != source_push)
    return exporter_of(source_links_of());
  auto source = pushes_of(source_links_of(), [this](auto rows, auto then) {
    keep_pushed(std::move(rows), std::move(then));
  });
  pushed_ = source.get();
  return source;
}

host_body::~host_body() { services_->rounds->gone(record_.host_id, *services_->health); }

std::chrono::milliseconds host_body::store_deadline() const {
  return services_->config->store.request_timeout.chrono();
}

int64_t host_body::backfill_from_ms() const {
  auto earliest = now_ms() - services_->config->check.backfill.ms;
  return coverage_.since_ms() == 0 ? now_ms() : std::max(coverage_.since_ms(), earliest);
}

promql::labels host_body::labels() const {
  return check::labels_of_host(record_, services_->config->scrape.port);
}

void host_body::begin() {
  checker_.measure(processor_ns);
  checker_.set_host(labels());
  // Samples are read later: where they are needed depends on the cursor.
  host_state_query query{record_.owner, record_.host_id, INT64_MAX};
  ask<round_store_actor, host_state>(
    round_store_name, store_deadline(), std::move(query), [this](expected<host_state> state) {
      if (held_.epoch == 0) // The slot went while the host was being started.
        return self_->quit();
      if (state)
        return take_state(std::move(*state));
      if (state.error() == ec::not_found)
        return self_->quit(); // Deleted before it began.
      log::warn("host-start-delayed",
                "{} cannot read its state: {}",
                record_.host_id,
                to_string(state.error()));
      send_later(start_retry_.next(), start_due{});
    });
}

void host_body::take_state(host_state state) {
  checker_.adopt_series(state.series, state.until_ms);
  coverage_.load(state.since_ms, state.until_ms, std::move(state.deviations));
  recent_.load(state.last_rows);
  if (pushed_)
    pushed_->begin(state.until_ms, state.pushed);
  for (const auto& x : state.pushed)
    if (!pushed_ || x.time_ms <= state.until_ms)
      old_pushed_.push_back(x.time_ms);
  auto diff = checker_.set_rules(rules_, groups(), backfill_from_ms());
  state.alerts = begin_lines(state);
  far_history_ms_ = diff.far_history_ms;
  note_late_rules(state);
  auto until = state.until_ms;
  if (until == 0)
    until = origin_ms_ = source_->begin_after_ms();
  if (until == 0)
    return go_live();
  std::vector<check::last_row> last;
  for (const auto& x : state.last_rows)
    if (auto row = check::interval_of(x.row))
      last.push_back({x.check_item, *row, x.rule_digest, x.labels});
  auto finish = [this, last = std::move(last), alerts = std::move(state.alerts), until] {
    checker_.resume(until, last, alerts);
    go_live();
  };
  load_windows(diff.history_ms, std::move(finish));
}

/// Rules that came while nobody was here to hear of them: the cursor does not speak for them.
void host_body::note_late_rules(const host_state& state) {
  if (state.until_ms == 0 || state.rule_set_digest == checker_.rules().digest())
    return;
  // A round may have been committed between the import and its news.
  auto heard_until = state.until_ms - 2 * period_ms();
  for (const auto& rule : rules_for({})) {
    if (rule->since_ms <= heard_until)
      continue;
    const auto& item = rule->rule.check_item;
    auto is_new = [&](const data_item& x) {
      return x.type != "log" && checker_.collected_from_ms(x) > state.until_ms;
    };
    const auto data = check::items_of(rule->rule);
    deviation late{item, state.since_ms, state.until_ms, std::string{late_rule}};
    if (!source_->keeps_past() && std::any_of(data.begin(), data.end(), is_new)) {
      late.start_ms = std::max(
        late.start_ms, check::ceil_grid(backfill_from_ms(), period_ms(), checker_.offset_ms()));
      late.reason = check::missed_not_collected;
    }
    if (late.start_ms > late.end_ms || !coverage_.late_parts(item, 0, state.until_ms).empty())
      continue;
    coverage_.add(late);
    new_deviations_.push_back(std::move(late));
  }
}

void host_body::store_new_deviations() {
  if (new_deviations_.empty())
    return;
  auto commit = new_commit(); // Leaves the cursor alone.
  commit.deviations = std::exchange(new_deviations_, {});
  commits_.push(std::move(commit));
}

/// Windows that the next round needs; those that look back far come later.
void host_body::load_windows(int64_t history_ms, std::function<void()> then) {
  auto until = coverage_.until_ms() > 0 ? coverage_.until_ms() : origin_ms_;
  auto finish = [this, then = std::move(then)] {
    checker_.load_history(unreadable());
    checker_.history_loaded();
    is_loading_ = false;
    then();
  };
  if (history_ms <= 0 || until == 0)
    return finish();
  is_loading_ = true;
  load_from(until - history_ms, until, std::move(finish));
}

void host_body::load_from(int64_t from_ms, int64_t until_ms, std::function<void()> then) {
  auto next = std::make_shared<int64_t>(from_ms);
  source_->history().read_rounds(
    order_for_windows(checker_, from_ms, until_ms),
    [this, next](const history_portion& x) {
      checker_.load_history(x.rounds);
      if (!x.rounds.empty())
        *next = x.rounds.back().time_ms + 1;
      return true;
    },
    [this, next, until_ms, then = std::move(then)](expected<void> how) {
      bool is_worth_waiting = source_->keeps_past() || (is_passing(how ? error{} : how.error()) &&
                                                        waiting_rounds_.size() < most_before_start);
      if (!how && is_worth_waiting) {
        // Nothing is lost by waiting: the rounds stay where they are.
        start_again_ = [this, next, until_ms, then] { load_from(*next, until_ms, then); };
        return send_later(start_retry_.next(), start_due{});
      }
      if (!how)
        log::warn("history-not-read",
                  "{} starts its windows empty: {}",
                  record_.host_id,
                  to_string(how.error()));
      then();
    });
}

void host_body::load_far_windows(int64_t history_ms) {
  if (readable_ms() > 0)
    return far_windows_.load(history_ms);
  checker_.load_history(unreadable(), check::reach::far); // Nothing else is there yet.
  checker_.history_loaded(check::reach::far);
}

/// Rounds up to here can be read.
int64_t host_body::readable_ms() const { return source_->readable_ms(coverage_.until_ms()); }

/// Rounds on their way to the store.
std::vector<check::round> host_body::unreadable() const {
  std::vector<check::round> rounds;
  for (const auto& x : commits_.rounds())
    if (x.until_ms > readable_ms() && !x.sample_blob.empty())
      if (auto round = check::decode_round(x.until_ms, x.sample_blob))
        rounds.push_back(std::move(*round));
  return rounds;
}

void host_body::on_start_due() {
  if (release_ && !may_begin_still())
    return release_when_idle();
  look_for_stuck_rounds();
  if (auto work = std::exchange(start_again_, nullptr))
    return work();
  if (!is_live_)
    begin(); // The source, or the store, did not answer at the start.
}

int64_t host_body::first_round_ms() const {
  auto now = now_ms();
  auto first = check::next_grid(now, period_ms(), checker_.offset_ms());
  auto until = coverage_.until_ms();
  if (until == 0)
    return first;
  // The round of now may have fallen between two owners: it is not too late for it yet.
  auto latest = first - period_ms();
  if (!source_->keeps_past() && latest > until && now - latest < latest_begin_ms(period_ms()))
    return latest;
  // A clock that was set back must not make the host judge a time twice.
  return std::max(first, check::next_grid(until, period_ms(), checker_.offset_ms()));
}

void host_body::go_live() {
  is_live_ = true;
  last_due_ms_ = first_round_ms() - period_ms();
  schedule_after(last_due_ms_);
  store_new_deviations();
  if (!old_pushed_.empty()) {
    auto commit = new_commit(); // Leaves the cursor alone.
    commit.rounds_of_pushed = std::exchange(old_pushed_, {});
    commits_.push(std::move(commit));
  }
  if (is_looked_for_)
    on_look();
  if (auto far = std::exchange(far_history_ms_, 0); far > 0)
    load_far_windows(far);
  std::vector<std::string> late; // What waited for its past when the host ended.
  for (const auto& rule : rules_for({}))
    if (const auto& item = rule->rule.check_item;
        !coverage_.late_parts(item, backfill_from_ms(), coverage_.until_ms()).empty())
      late.push_back(item);
  backfill_.add(late);
  if (pending_rules_)
    return apply_rules(std::exchange(pending_rules_, nullptr));
  source_->go_on();
  backfill_.start();
}

void host_body::on_record(const host_record& record) {
  bool regrouped = record.host_group_name != record_.host_group_name;
  bool is_elsewhere =
    record.public_ip != record_.public_ip || record.exporter_port != record_.exporter_port;
  // What was judged here is newer than what somebody read.
  auto status = std::move(record_.status);
  auto since_ms = record_.status_since_ms;
  record_ = record;
  record_.status = std::move(status);
  record_.status_since_ms = since_ms;
  checker_.set_host(labels());
  if (is_elsewhere)
    begin_elsewhere();
  if (regrouped)
    on_rules(rules_);
}

/// Of the exporter there nothing is known yet. Series, windows and results are the host's and stay.
void host_body::begin_elsewhere() {
  missed_rounds_ = 0;
  record_.status = "unknown";
  record_.status_since_ms = now_ms();
  auto commit = new_commit(); // Leaves the cursor alone.
  commit.status = record_.status;
  commit.status_since_ms = record_.status_since_ms;
  commit.scrape_error.emplace();
  scrape_error_.reset(); // The next round tells.
  commits_.push(std::move(commit));
  on_look();
}

void host_body::on_look() {
  is_looked_for_ = true;
  if (!is_live_ || release_)
    return; // Looks when it is.
  is_looked_for_ = false;
  source_->look([this, address = record_.public_ip, port = record_.exporter_port](auto how) {
    if (address == record_.public_ip && port == record_.exporter_port)
      note_look(std::move(how));
  });
}

/// A round that was taken meanwhile knows more.
void host_body::note_look(expected<void> how) {
  if (record_.status != "unknown" || missed_rounds_ > 0)
    return;
  auto commit = new_commit(); // Leaves the cursor alone.
  if (how)
    note_status(true, now_ms(), commit);
  scrape_error_ = how ? std::string{} : check::short_reason(how.error().detail);
  commit.scrape_error.emplace(*scrape_error_);
  commits_.push(std::move(commit));
}

void host_body::on_rules(std::shared_ptr<const check::rule_set> rules) {
  rules_ = rules;
  // What can be judged later waits meanwhile, so that what is judged and what is stored are the
  // same time.
  if (!is_live_ || is_loading_ || (source_->keeps_past() && !commits_.empty()))
    pending_rules_ = std::move(rules);
  else
    apply_rules(std::move(rules));
}

void host_body::apply_rules(std::shared_ptr<const check::rule_set> rules) {
  auto waited = checker_.waiting();
  auto lined = apply_log_rules(*rules);
  auto diff = checker_.set_rules(std::move(rules), groups(), backfill_from_ms());
  diff.added.insert(diff.added.end(), lined.begin(), lined.end());
  source_->series_changed();
  live_retries_.forget(record_.owner, record_.host_id, {});
  std::vector<std::string> late_items;
  // Rounds on their way to the store were judged without the new rules.
  auto judged = std::max(coverage_.until_ms(), checker_.cursor_ms().value_or(0));
  if (judged > 0)
    for (const auto& item : diff.added)
      if (source_->keeps_past() ||
          std::find(diff.not_collected.begin(), diff.not_collected.end(), item) ==
            diff.not_collected.end()) {
        deviation late{item, coverage_.since_ms(), judged, std::string{late_rule}};
        coverage_.add(late);
        new_deviations_.push_back(late);
        late_items.push_back(item);
      }
  backfill_.rules_changed();
  backfill_.add(late_items);
  store_new_deviations(); // Before a restart could take the rule for one that has judged
                          // everything.
  if (waits_for_more(checker_.waiting(), waited, diff))
    load_far_windows(diff.far_history_ms);
  load_windows(diff.history_ms, [this] {
    while (!waiting_rounds_.empty() && !is_loading_) {
      auto round = std::move(waiting_rounds_.front());
      waiting_rounds_.pop_front();
      judge(round);
    }
    if (pending_rules_)
      return apply_rules(std::exchange(pending_rules_, nullptr));
    backfill_.start();
    source_->go_on();
  });
}

} // namespace aops::actors
