#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/ledger.hpp"

namespace aops::actors {

namespace {

/// How long a host waits before it asks the store again at its start.
constexpr std::chrono::seconds start_retry{1};

/// Rounds that wait for the windows to be loaded; then they are begun empty.
constexpr size_t most_waiting = 200;

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

} // namespace

host_body::host_body(host_pointer self,
                     services_ptr services,
                     host_record record,
                     std::shared_ptr<const check::rule_set> rules)
    : self_(self), services_(std::move(services)), record_(std::move(record)),
      held_(services_->slots->fence_of(record_.host_id)), rules_(std::move(rules)),
      checker_(services_->period_ms(), record_.host_id, services_->keep_list),
      reader_({[this](std::string_view name) { return checker_.wants_name(name); },
               [this](const series_key& key) { return checker_.slot_of(key); }}),
      recent_(services_->period_ms()), retries_(retry_limits(*services_->config)),
      live_retries_(retry_limits(*services_->config)) {
  history_ = services_->scrapes() ? stored_rounds_of(self_, services_, record_.host_id)
                                  : prometheus_history_of(self_, services_, record_);
}

host_body::~host_body() {
  if (is_backfilling_) // Others wait for the place.
    services_->history->leave();
}

std::chrono::milliseconds host_body::store_deadline() const {
  return services_->config->store.request_timeout.chrono();
}

int64_t host_body::backfill_from_ms() const {
  auto earliest = now_ms() - services_->config->check.backfill.ms;
  return coverage_.since_ms() == 0 ? now_ms() : std::max(coverage_.since_ms(), earliest);
}

void host_body::begin() {
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
      self_->delayed_send(self_, start_retry, round_due{0});
    });
}

void host_body::take_state(host_state state) {
  checker_.adopt_series(state.series, state.until_ms);
  coverage_.load(state.since_ms, state.until_ms, std::move(state.deviations));
  recent_.load(state.last_rows);
  auto diff = checker_.set_rules(rules_, groups(), backfill_from_ms());
  note_late_rules(state);
  auto until = state.until_ms;
  if (until == 0 && !services_->scrapes())
    // Prometheus knew the host before us: the windows of the first round can be full.
    until = origin_ms_ = judgeable_ms();
  if (until == 0)
    return go_live();
  std::vector<check::last_row> last;
  for (const auto& x : state.last_rows)
    if (auto row = check::interval_of(x.row))
      last.push_back({x.check_item, *row, x.rule_digest});
  auto finish = [this, last = std::move(last), until] {
    checker_.resume(until, last);
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
    const auto& data = rule->rule.data_list;
    deviation late{item, state.since_ms, state.until_ms, std::string{late_rule}};
    if (services_->scrapes() && std::any_of(data.begin(), data.end(), is_new)) {
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
  push(std::move(commit));
}

void host_body::load_windows(int64_t history_ms, std::function<void()> then) {
  auto until = coverage_.until_ms() > 0 ? coverage_.until_ms() : origin_ms_;
  if (history_ms <= 0 || until == 0) {
    checker_.load_history({});
    return then();
  }
  is_loading_ = true;
  auto rounds = std::make_shared<std::vector<check::round>>();
  history_->read_rounds(
    checker_.kept().bound(),
    until - history_ms,
    until,
    [rounds](const history_portion& x) {
      rounds->insert(rounds->end(), x.rounds.begin(), x.rounds.end());
    },
    [this, rounds, history_ms, then = std::move(then)](expected<void> how) {
      bool is_worth_waiting = !services_->scrapes() || (is_passing(how ? error{} : how.error()) &&
                                                        waiting_rounds_.size() < most_waiting);
      if (!how && is_worth_waiting) {
        // Nothing is lost by waiting: the rounds stay where they are.
        start_again_ = [this, history_ms, then] { load_windows(history_ms, then); };
        return self_->delayed_send(self_, start_retry, round_due{0});
      }
      if (!how)
        log::warn("history-not-read",
                  "{} starts its windows empty: {}",
                  record_.host_id,
                  to_string(how.error()));
      checker_.load_history(*rounds);
      is_loading_ = false;
      then();
    });
}

int64_t host_body::first_round_ms() const {
  auto now = now_ms();
  auto first = check::next_grid(now, period_ms(), checker_.offset_ms());
  auto until = coverage_.until_ms();
  if (until == 0)
    return first;
  // The round of now may have fallen between two owners: it is not too late for it yet.
  auto latest = first - period_ms();
  if (services_->scrapes() && latest > until && now - latest < latest_begin_ms(period_ms()))
    return latest;
  // A clock that was set back must not make the host judge a time twice.
  return std::max(first, check::next_grid(until, period_ms(), checker_.offset_ms()));
}

void host_body::go_live() {
  is_live_ = true;
  last_due_ms_ = first_round_ms() - period_ms();
  schedule_after(last_due_ms_);
  store_new_deviations();
  for (const auto& rule : rules_for({})) // What waited for its past when the host ended.
    if (const auto& item = rule->rule.check_item;
        !coverage_.late_parts(item, backfill_from_ms(), coverage_.until_ms()).empty() &&
        std::find(backfill_items_.begin(), backfill_items_.end(), item) == backfill_items_.end())
      backfill_items_.push_back(item);
  if (pending_rules_)
    return apply_rules(std::exchange(pending_rules_, nullptr));
  if (!services_->scrapes())
    catch_up();
  start_backfill();
}

void host_body::on_record(const host_record& record) {
  bool regrouped = record.host_group_name != record_.host_group_name;
  record_ = record;
  if (regrouped)
    on_rules(rules_);
}

void host_body::on_rules(std::shared_ptr<const check::rule_set> rules) {
  if (!rules) // The back-fill waited for its turn.
    return start_backfill();
  rules_ = rules;
  // On `prometheus` judging waits meanwhile, so that what is judged and what is stored are the same
  // time.
  if (!is_live_ || is_loading_ || (!services_->scrapes() && !commits_.empty()))
    pending_rules_ = std::move(rules);
  else
    apply_rules(std::move(rules));
}

void host_body::apply_rules(std::shared_ptr<const check::rule_set> rules) {
  auto diff = checker_.set_rules(std::move(rules), groups(), backfill_from_ms());
  reader_.forget();
  ++rules_version_;
  live_retries_.forget(record_.owner, record_.host_id, {});
  if (coverage_.until_ms() > 0)
    for (const auto& item : diff.added)
      if (!services_->scrapes() ||
          std::find(diff.not_collected.begin(), diff.not_collected.end(), item) ==
            diff.not_collected.end()) {
        deviation late{item, coverage_.since_ms(), coverage_.until_ms(), std::string{late_rule}};
        coverage_.add(late);
        new_deviations_.push_back(late);
        backfill_items_.push_back(item);
      }
  store_new_deviations(); // Before a restart could take the rule for one that has judged
                          // everything.
  load_windows(diff.history_ms, [this] {
    while (!waiting_rounds_.empty() && !is_loading_) {
      auto round = std::move(waiting_rounds_.front());
      waiting_rounds_.pop_front();
      judge(round);
    }
    if (pending_rules_)
      return apply_rules(std::exchange(pending_rules_, nullptr));
    start_backfill();
    if (!services_->scrapes())
      catch_up();
  });
}

} // namespace aops::actors
