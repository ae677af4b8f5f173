#pragma once

#include "runtime/base/seldom.hpp"
#include "runtime/core/check/aggregates.hpp"
#include "runtime/core/check/firing.hpp"
#include "runtime/core/check/flapping.hpp"
#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/check/learned_rule.hpp"
#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rule_judge.hpp"
#include "runtime/core/check/rule_query.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/check/window_store.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// What most instances have nothing of: those that are well, and speak for their rule.
struct instance_more {
  label_set labels;
  std::string reason; ///< Of `value`.
  firing time;
  std::optional<double> element;      ///< Of a query: its value in the last round.
  std::unique_ptr<told_texts> told;   ///< Of a query, while it is abnormal.
  std::unique_ptr<learned_view> view; ///< What a rule that learns said in the last round.
  flap_watch flaps;
  bool is_flapping_told = false;
  /// The last row of this version, if any; the next point may extend it.
  std::unique_ptr<interval> run;
};

/// One instance of a rule on a host, and what the last round said of it. There are as many as a
/// host has rules.
struct instance {
  std::optional<rule_judge> judge;   ///< Nothing: it only speaks for the rule.
  int64_t judged_since_ms = never;   ///< `value`.
  std::optional<result_value> value; ///< In the last round.
  bool is_told = true;               ///< Whether the last `alerts` knew of `value`.
  bool is_fresh = true;              ///< Not judged since it came.
  uint32_t slot = 0;                 ///< Of its series, for rules that learn.
  base::seldom<instance_more> more;

  static constexpr int64_t never = std::numeric_limits<int64_t>::min();
  bool is_judged() const { return judged_since_ms != never; }
  const label_set& labels() const { return more->labels; }
  const std::string& reason() const { return more->reason; }
};

/// A series that an item with matches may mean.
struct candidate {
  uint32_t id = 0; ///< A slot, or a group of an aggregate.
  label_set labels;
  const expr::series* window = nullptr;
};

/// Where an item of a rule with matches has its points.
struct item_source {
  const expr::series* fixed = nullptr; ///< The same for all instances; else there are candidates.
  std::optional<uint32_t> aggregate;
  std::vector<candidate> candidates; ///< In the order of their instances.
};

/// What most rules have nothing of.
struct bound_more {
  std::vector<item_source> sources; ///< One per item; empty when no item has matches.
  std::vector<instance> others;     ///< Of a rule with several instances, in their order.
  uint32_t left_out = 0;            ///< Instances beyond the limit.
  uint32_t unkept = 0;              ///< Series that match and were not given to this engine.
  // Of a rule whose condition is a query.
  std::unique_ptr<rule_query> query;
  const expr::series* rounds = nullptr; ///< Points of `up`.
  std::string problem;                  ///< Why it could not be evaluated in the last round.
  struct recorded_series {
    uint32_t slot = 0;
    int64_t last_ms = 0;
  };
  std::map<label_set, recorded_series> recorded; ///< By labels.
  std::unique_ptr<learned_rule> learned;         ///< Of a rule that learns.
  std::optional<int64_t> ledger_from_ms;         ///< New, and not collected before.
};

/// What rules mostly have in common.
struct bound_terms : firing_terms {
  int64_t horizon_ms = 0; ///< See `check::horizon_ms`.
  friend bool operator==(const bound_terms&, const bound_terms&) = default;
};

/// A rule on a host.
struct bound_rule {
  int64_t spent_ns = 0; ///< Since the last `host_checker::take_costs`.
  uint32_t evaluations = 0;
  bool waits = false;        ///< For far history: not judged.
  bool looks_back = false;   ///< That of `terms`.
  bool must_join = false;    ///< `sources` are other than `others` know.
  bool windows_wait = false; ///< Those of its candidates, for history.
  const bound_terms* terms = nullptr;
  /// Of a rule with one instance, that; else what is said of no instance.
  instance common;
  rule_set::rule_ptr rule;
  base::short_list<uint32_t> slots; ///< Of items that name their series; empty when refused.
  /// New here: waits for history, of its windows or of what it said.
  std::optional<reach> pending;
  base::seldom<bound_more> more;

  rule_query* query() const { return more->query.get(); }
  learned_rule* learned() const { return more->learned.get(); }
  std::span<const item_source> sources() const { return more->sources; }
  std::span<const instance> others() const { return more->others; }
  std::span<item_source> sources() {
    return more.has() ? std::span{more.make().sources} : std::span<item_source>{};
  }
  std::span<instance> others() {
    return more.has() ? std::span{more.make().others} : std::span<instance>{};
  }
};

/// What matches may cost on one host.
struct match_limits {
  size_t instances = 256; ///< Of one rule.
  size_t series = 4096;   ///< Kept for matches.
  flap_terms flaps = {};
};

/// Judges rules on rounds: their windows, their instances, how these come and go. The one engine of
/// live detection, of replay and of explicit runs on stored rounds. Knows no cursor and no rows.
class rule_engine {
public:
  /// @param kept Outlives this.
  /// @param begins_empty Series are known once they have a sample, not before.
  rule_engine(int64_t period_ms, kept_series& kept, match_limits limits, bool begins_empty = false);
  ~rule_engine();
  rule_engine(const rule_engine&) = delete;
  rule_engine& operator=(const rule_engine&) = delete;

  std::vector<bound_rule> rules; ///< Bound here; `settle` after changes.
  /// @param collected Set to whether somebody kept all its series before.
  bound_rule bind(rule_set::rule_ptr rule, bool& collected);
  /// The same rule, from another set of rules.
  void renew_rule(bound_rule& b, rule_set::rule_ptr rule);
  void unbind(bound_rule& b);
  void settle();

  /// From now on it is measured how long recording takes; nanoseconds of any monotonic clock.
  void measure(int64_t (*clock)()) { clock_ = clock; }
  /// The labels of the host that queries see.
  void set_host(promql::labels host);

  /// A round, in time order: before it is judged.
  /// @param is_now Whether these are the last values of the host's series.
  /// @param recorded Gets what rules record in this round; null: `samples` has it.
  void enter(int64_t t_ms,
             std::span<const sample> samples,
             bool answered,
             double duration_s,
             bool is_now = false,
             std::vector<sample>* recorded = nullptr);

  /// Judges one rule on the round entered last. @param found `void(instance&)` for each instance
  /// that is not well. @param why_silent Null: the round answered.
  template <class Found>
  void judge(bound_rule& b, int64_t t_ms, const std::string_view* why_silent, Found&& found) {
    if (b.query())
      judge_query(b, t_ms, why_silent);
    else if (b.sources().empty())
      judge_alone(b, t_ms, why_silent);
    else
      judge_instances(b, t_ms, why_silent);
    for (auto& x : b.others())
      if (x.value)
        found(x);
    if (b.common.value)
      found(b.common);
  }
  /// Called with what a round says of an instance, before time comes into it.
  using each_state = std::function<void(const bound_rule&, instance&, int64_t t_ms, point_state)>;
  void watch_states(each_state x) { each_state_ = std::move(x); }
  /// Whether instances went since it was asked last.
  bool have_instances_gone() { return std::exchange(have_gone_, false); }
  /// Whether some instance is not `is_told` since it was asked last.
  bool have_values_changed() { return std::exchange(have_changed_, false); }

  // -- history, for what waits for it
  void load(
    reach which, int64_t t_ms, std::span<const sample> samples, bool answered, double duration_s);
  void loaded(reach which);
  /// How much of it.
  int64_t missing_history_ms(reach which) const;
  bool waits_far(const bound_rule& b) const;

  /// The slots stand for nothing any more.
  void forget(const std::vector<uint32_t>& slots);
  /// Brings the instances of a rule in line with its series.
  void join(bound_rule& b);
  /// The instance of a query with these labels; it comes when there is none.
  static instance& instance_of_query(bound_rule& b, const label_set& labels);

  size_t memory_bytes() const;

private:
  bool has_matches() const { return watched_ > 0; }

  const bound_terms* terms_of(const compiled_rule& rule);
  const expr::series* exact_window(bound_rule& b, const compiled_item& x, bool& collected);
  void bind_matches(bound_rule& b, bool& collected);
  void drop_window(const bound_rule& b, const item_source& source, const candidate& c);

  void meet_known();
  void meet(std::span<const sample> samples);
  bool connect(bound_rule& b, uint32_t slot, const series_key& key);
  bool connect_group(uint32_t id);
  void drop_empty();
  template <class IsGone>
  bool drop_candidates(bound_rule& b, item_source& source, IsGone is_gone);
  void join_again();
  std::vector<const expr::series*> windows_for(const bound_rule& b, const candidate& main) const;
  void renew_instances(bound_rule& b);
  void join_items(const bound_rule& b, instance& x);

  template <class Take>
  void each_sample(std::span<const sample> samples, bool answered, double duration_s, Take take);
  template <class Take>
  void each_derived(std::span<const sample> samples, Take take);

  void judge_alone(bound_rule& b, int64_t t_ms, const std::string_view* why_silent);
  void judge_aggregate(bound_rule& b, int64_t t_ms, const std::string_view* why_silent);
  void judge_instances(bound_rule& b, int64_t t_ms, const std::string_view* why_silent);
  void bind_query(bound_rule& b);
  void judge_query(bound_rule& b, int64_t t_ms, const std::string_view* why_silent);
  std::vector<rule_query::element> evaluate(bound_rule& b, int64_t t_ms);
  bool lacks_series(const bound_rule& b, int64_t t_ms) const;
  void drop_well(bound_rule& b, int64_t t_ms);
  void note_query(bound_rule& b,
                  instance& x,
                  int64_t t_ms,
                  std::optional<result_value> value,
                  const std::string_view* why_silent);
  point_state state_at(bound_rule& b, instance& x, int64_t t_ms, bool answered);
  point_state learned_state_at(bound_rule& b, instance& x, int64_t t_ms);
  void learn_now(int64_t t_ms);
  void learn_past(int64_t t_ms, std::span<const sample> samples);
  void record(int64_t t_ms, std::span<const sample> samples, std::vector<sample>& to);
  void record(bound_rule& b, int64_t t_ms, std::vector<bool>& is_taken, std::vector<sample>& to);

  template <class ReasonOf>
  void note(instance& x, int64_t t_ms, std::optional<result_value> value, ReasonOf reason_of);
  std::optional<result_value> verdict(bound_rule& b, instance& x, int64_t t_ms, point_state state);
  std::optional<result_value>
  verdict_in_time(bound_rule& b, instance& x, int64_t t_ms, point_state state);

  bool is_incomplete(const bound_rule& b) const;
  std::string why_incomplete(const bound_rule& b) const;
  std::string why(const bound_rule& b,
                  const instance& x,
                  int64_t t_ms,
                  const std::string_view* why_silent) const;

  int64_t period_ms_;
  kept_series& kept_;
  match_limits limits_;
  promql::labels host_;
  int64_t (*clock_)() = nullptr;
  window_store windows_; ///< Of slots.
  aggregates aggregates_;
  window_store derived_;  ///< Of their groups.
  std::vector<bool> met_; ///< Slots that rules with matches know.
  size_t watched_ = 0;    ///< Items with matches.
  std::optional<int64_t> loaded_until_ms_;
  each_state each_state_;
  std::deque<bound_terms> terms_; ///< Each that some rule had once.
  bool begins_empty_, must_meet_known_ = false, have_gone_ = false, have_changed_ = false;
};

/// What a round said of an instance. @param reason_of Why it is not well; asked when it matters.
template <class ReasonOf>
void rule_engine::note(instance& x,
                       int64_t t_ms,
                       std::optional<result_value> value,
                       ReasonOf reason_of) {
  if (value == x.value && x.is_judged())
    return;
  x.value = value;
  x.judged_since_ms = t_ms;
  x.is_told = false;
  have_changed_ = true;
  if (!value && !x.more.has())
    return;
  auto& more = x.more.make();
  bool has_reason = value && *value != result_value::abnormal;
  more.reason = has_reason ? short_reason(reason_of()) : std::string();
  if (value == result_value::abnormal && more.view)
    more.reason = short_reason(more.view->text());
}

/// What a round says where time does not come into it.
std::optional<result_value> plain_verdict(const firing_terms& terms, point_state state);

inline std::optional<result_value>
rule_engine::verdict(bound_rule& b, instance& x, int64_t t_ms, point_state state) {
  return b.looks_back ? verdict_in_time(b, x, t_ms, state) : plain_verdict(*b.terms, state);
}

} // namespace aops::check
