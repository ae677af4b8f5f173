#pragma once

#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/check/ledger.hpp"
#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/rule_engine.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace aops::check {

/// What one or several judged rounds ask the store for; belongs in one commit with the cursor.
struct round_result {
  int64_t until_ms = 0; ///< The new cursor.
  bool stale = false;   ///< The round lies at or before the cursor: nothing was done.
  /// Joined with the run each rule is in, as far as known here: as long as nobody else writes rows
  /// of this host, they can be applied as they are; through `rewrite` they always can.
  std::vector<rule_change> changes;
  std::vector<deviation> deviations;
  size_t judged = 0; ///< Rule evaluations.
  /// What became other than it was, in order: one for each instance and round, over several rounds
  /// the latest.
  std::vector<alert_change> alerts = {};
  std::vector<sample> recorded = {}; ///< By rules: to be stored with the samples of the round.
};

/// The last stored row of an instance. @param rule_digest Empty: that of the rule now.
struct last_row {
  std::string check_item;
  interval row;
  std::string rule_digest;
  label_set labels = {};
};

/// What a rule change means for one host.
struct rules_diff {
  std::vector<std::string> added; ///< Not applied here before: to be back-filled.
  /// Of `added`: some series was kept by nobody so far, so history holds nothing to judge.
  std::vector<std::string> not_collected;
  std::vector<std::string> replaced, removed;
  /// > 0: call `load_history` with the rounds of so much time before the next round is judged.
  int64_t history_ms = 0;
  /// > 0: rules with far windows wait for so much time, see `waiting`. Rounds can be judged without
  /// them.
  int64_t far_history_ms = 0;
};

/// The verdict of an instance of a rule in the last round.
struct rule_state {
  std::string check_item;
  std::optional<result_value> value; ///< Nothing: normal, or not judged yet.
  std::optional<int64_t> since_ms;   ///< The round in which it became that, as far as known.
  label_set labels = {};             ///< Of the instance.
  std::string reason = {};           ///< Why it is not `Abnormal`.
};

/// What judging a rule took.
struct rule_cost {
  std::string check_item;
  int64_t evaluations = 0;
  int64_t nanoseconds = 0;
};

/// Live state of one host: kept series, windows, evaluators, the run each rule is in. Pure; time
/// comes as arguments; for one thread at a time.
///
/// Start and restart: construct, `adopt_series`, `set_rules`, `load_history` with the stored rounds
/// of `rules_diff::history_ms` up to the cursor, `history_loaded`, `resume`; rounds after the
/// cursor that took place through `replay`. The stored rows are then the same as without the
/// restart. Far windows are loaded while rounds go on.
class host_checker {
public:
  /// @param period_ms Sample period, > 0.
  host_checker(int64_t period_ms,
               std::string host_id,
               std::shared_ptr<const keep_list> list = nullptr,
               size_t max_listed = kept_series::usual_listed,
               match_limits limits = {});

  /// The labels by which queries know the host; also later, when they changed.
  void set_host(promql::labels host);

  /// Series that had slots before a restart; `seen_ms`: the cursor. Before `set_rules`.
  void adopt_series(std::span<const series_entry> series, int64_t seen_ms);

  /// Takes a new rule set; rules that apply to these groups judge from the next round on. Windows
  /// of unchanged rules stay. What is wanted changes: `wants…` and `slot_of` must be asked anew.
  /// @param backfill_from_ms How far back a new rule should know the host (its birth, or `now -
  /// check.backfill`): where its ledger starts when its series were not collected.
  rules_diff set_rules(std::shared_ptr<const rule_set> rules,
                       std::span<const std::string> host_groups,
                       int64_t backfill_from_ms);

  /// Frees series as `kept_series::forget_unseen` does, and ends the instances they were.
  std::vector<uint32_t> forget_unseen(int64_t before_ms, size_t most = kept_series::max_slots);

  // -- reading pages
  /// What rules match: what a source that is asked by name must ask for, beside `kept().bound()`.
  /// Each selection once; `label` of them is empty.
  std::vector<data_item> matches() const;
  bool wants_name(std::string_view name) const { return kept_.wants_name(name); }
  /// Whether `slot_of` would give a slot.
  bool wants(const series_key& key) const { return kept_.wants(key.name, key.label); }
  std::optional<uint32_t> slot_of(std::string_view name, const label_set& label) {
    return kept_.slot_of(name, label);
  }
  std::optional<uint32_t> slot_of(const series_key& key) { return slot_of(key.name, key.label); }
  kept_series& kept() { return kept_; }
  const kept_series& kept() const { return kept_; }

  // -- judging
  /// A round that answered: samples of kept series, all at grid time `t_ms`.
  round_result on_samples(int64_t t_ms, std::span<const sample> samples, double duration_s);
  /// A round without an answer: rules on `up` and `scrape_duration_seconds` are judged, all others
  /// have no data, for this reason.
  round_result on_failure(int64_t t_ms, double duration_s, std::string_view reason = no_answer);
  /// Judges rounds after the cursor that took place before (restart, takeover, a store outage, the
  /// delay of the `prometheus` source). One change per rule over the whole time; ends as live.
  round_result replay(std::span<const round> rounds);

  // -- rules that programs judge
  /// Samples for a program that it was not shown, of one rule.
  struct outside_series {
    uint32_t slot = 0;
    label_set labels;
    bool is_new = false;                           ///< The program does not know it.
    std::vector<std::pair<int64_t, double>> past;  ///< To learn from, when it is new.
    std::vector<std::pair<int64_t, double>> fresh; ///< To be judged, in time order.
  };
  struct outside_work {
    rule_set::rule_ptr rule;
    std::vector<outside_series> series;
  };
  /// What is new since it was asked last; counts as shown from now on.
  /// @param may_ask Whether the program of a rule is asked now.
  std::vector<outside_work>
  take_outside_work(const std::function<bool(const compiled_rule&)>& may_ask);
  /// What the program said of a series, if the rule is still that. @param said Nothing: it does not
  /// know the series, which is to be shown from the begin.
  void outside_said(const compiled_rule& rule, uint32_t slot, std::optional<outside_verdict> said);
  /// Why a rule is not judged by its program from the next round on; empty: it is.
  void outside_fails(const compiled_rule& rule, std::string why);

  // -- starting
  /// Fills windows that are new since `set_rules` with the past, up to the cursor, in time order,
  /// in as many portions as one likes. Judges nothing. What a window has already is not put in
  /// again.
  void load_history(std::span<const round> rounds, reach which = reach::quick);
  /// Ends the loading: what was not loaded was not there.
  void history_loaded(reach which = reach::quick);
  /// Items of the rules that are not judged yet, because their far windows are not loaded: all
  /// rounds that are judged meanwhile must be judged for them later.
  const std::vector<std::string>& waiting() const { return waiting_; }
  /// Sets the cursor after a start. Rules then count as known: no ledger begins. A run goes on when
  /// its row is among `last_rows` (the newest of each instance suffices). @param alerts What was
  /// not well by the last commit: what is well in the next round, or gone, is told then.
  void resume(int64_t cursor_ms,
              std::span<const last_row> last_rows,
              std::span<const alert_change> alerts = {});

  // -- what it costs
  /// Nanoseconds of any monotonic clock; from now on judging is measured.
  using ticks = int64_t (*)();
  void measure(ticks clock) {
    clock_ = clock;
    engine_.measure(clock);
  }
  /// Since the last call; rules that were judged.
  std::vector<rule_cost> take_costs();

  // -- looking
  const std::string& host_id() const { return host_id_; }
  int64_t period_ms() const { return period_ms_; }
  int64_t offset_ms() const { return offset_ms_; }
  std::optional<int64_t> cursor_ms() const { return cursor_ms_; } ///< The last judged round.
  const rule_set& rules() const { return *rules_; } ///< Of the owner, whether they apply or not.
  std::vector<rule_state> states() const;
  /// Since when the series of a rule item has been collected, as far as rules tell: the start of
  /// time for what the keep-list names, else the first import of a rule that needs it. For
  /// `item_data::collected_from_ms`.
  int64_t collected_from_ms(const data_item& item) const;
  size_t memory_bytes() const;

private:
  using instance_key = std::pair<std::string, label_set>; ///< Item and labels.
  /// What a round of the past says of an instance.
  struct past_state {
    int64_t time_ms = 0;
    point_state state = point_state::well;
    bool recovers = false;
  };
  /// What several rounds found of an instance.
  struct found_rows {
    std::unique_ptr<interval> run; ///< Before the first of them.
    std::vector<interval> rows;
  };

  std::vector<bound_rule>& bound() { return engine_.rules; }
  const std::vector<bound_rule>& bound() const { return engine_.rules; }
  bound_rule* find(const std::string& check_item);
  static instance* find(bound_rule& b, const label_set& labels);
  void prepare_silent(reach which);
  void judge_silently(reach which, const round& r);
  void take_over(reach which);
  bool enter(int64_t t_ms, round_result& result);
  template <class Found>
  void judge(int64_t t_ms, const std::string_view* why_silent, Found found);
  round_result judge_round(int64_t t_ms, const std::string_view* why_silent, round_result result);
  rule_change change_over(const bound_rule& b,
                          const label_set& labels,
                          std::unique_ptr<interval>& run,
                          time_range judged,
                          std::vector<interval> found);
  rule_change change_at(const bound_rule& b, instance& x, int64_t t_ms);
  void tell_changes(round_result& result);
  void tell_change(const bound_rule& b, instance& x, round_result& result);
  void tell(const bound_rule& b,
            instance& x,
            int64_t since_ms,
            std::string value,
            std::string reason,
            round_result& result);
  void watch_flaps();
  bool tell_flapping(const bound_rule& b, instance& x, round_result& result);
  instance* find_or_add(bound_rule& b, const label_set& labels);
  void end_alerts_of_what_is_gone(round_result& result);
  firing time_after(const bound_rule& b,
                    const label_set& labels,
                    const std::deque<past_state>& states) const;
  bool fired_at_the_cursor(const bound_rule& b, const label_set& labels) const;
  void begin_ledgers(int64_t t_ms, round_result& result);
  void note_waiting();

  int64_t period_ms_;
  std::string host_id_;
  int64_t offset_ms_;
  std::shared_ptr<const keep_list> list_;
  std::shared_ptr<const rule_set> rules_;
  kept_series kept_;
  match_limits limits_;
  rule_engine engine_; ///< Its rules are ordered by check item.
  /// Judge the history that is loaded for what new rules say depends on: by `reach`.
  struct silent_engine {
    std::unique_ptr<rule_engine> engine;
    std::optional<int64_t> last_ms;
    std::map<instance_key, std::deque<past_state>> states; ///< As far back as matters.
  };
  std::array<silent_engine, 2> silent_;
  std::vector<std::string> waiting_; ///< Of the rules, in order.
  std::optional<int64_t> cursor_ms_, resumed_ms_;
  std::map<instance_key, last_row> resumed_; ///< The newest row of each instance then.
  /// What is known not to be well.
  struct open_alert {
    std::string value;
    int64_t since_ms = 0;
    std::string severity; ///< As it was told.
    /// Whether its rule said then that `No data` is an alert; unknown after a start.
    std::optional<bool> alerts_without_data = {};
  };
  std::map<instance_key, open_alert> open_;
  bool watches_flaps_ = false;
  promql::labels host_;
  bool must_look_at_open_ = false; ///< Rules or instances in it may be gone.
  bool must_tell_all_ = false;     ///< What did not change may not be told either.
  ticks clock_ = nullptr;
};

} // namespace aops::check
