#pragma once

#include "actors/host/backfill.hpp"
#include "actors/host/commit_queue.hpp"
#include "actors/host/coverage.hpp"
#include "actors/host/far_windows.hpp"
#include "actors/host/history_source.hpp"
#include "actors/host/history_turns.hpp"
#include "actors/host/host.hpp"
#include "actors/host/kept_promise.hpp"
#include "actors/host/line_reader.hpp"
#include "actors/host/live_source.hpp"
#include "actors/host/push_source.hpp"
#include "actors/host/recent_rows.hpp"
#include "actors/host/unit_reports.hpp"
#include "actors/plugin/outside_errand.hpp"
#include "runtime/core/check/live.hpp"
#include "runtime/core/check/log_checker.hpp"
#include "runtime/core/check/retry.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/check/series_knowledge.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace aops::actors {

/// What one host actor remembers and does; each public function is one event of its mailbox. Split
/// by subject: `host_start.cpp`, `host_rounds.cpp` (judging, committing), `host_history.cpp`
/// (judging the past), `host_retry.cpp`, `host_views.cpp` (what users ask), `host_diagnosis.cpp`,
/// `host_release.cpp`.
class host_body {
public:
  host_body(host_pointer self,
            services_ptr services,
            host_record record,
            std::shared_ptr<const check::rule_set> rules);
  ~host_body();
  host_body(const host_body&) = delete;
  host_body& operator=(const host_body&) = delete;

  void begin();
  bool is_of(std::string_view owner) const { return owner == record_.owner; }
  void on_due(int64_t time_ms);
  void on_start_due();
  void on_commit_due() { commits_.on_due(); }
  void on_history_due();
  void on_history_turn() { turns_.on_turn(); }
  void release_when_idle();
  void on_rules(std::shared_ptr<const check::rule_set> rules);
  void on_record(const host_record& record);
  void on_look();
  caf::result<aops::done> on_release(int64_t deadline_ms);
  caf::result<series_page> on_series(const series_query& q);
  caf::result<host_series_known> on_series(const host_series_query& q);
  caf::result<rule_tested> on_test(const rule_to_test& x);
  caf::result<condition_evaluated> on_eval(const condition_to_eval& x);
  caf::result<samples_pushed> on_push(const samples_to_push& x);
  caf::result<unit_diagnosed> on_unit(const unit_to_diagnose& x);
  caf::result<unit_checked> on_unit(const unit_to_check& x);

private:
  using done = std::function<void(expected<void>)>;
  using rule_list = history_source::rule_list;

  // -- start
  void take_state(host_state state);
  void note_late_rules(const host_state& state);
  void store_new_deviations();
  int64_t first_round_ms() const;
  void go_live();
  void load_windows(int64_t history_ms, std::function<void()> then);
  void load_from(int64_t from_ms, int64_t until_ms, std::function<void()> then);
  void load_far_windows(int64_t history_ms);
  int64_t readable_ms() const;
  std::vector<check::round> unreadable() const;

  // -- rounds
  void schedule_after(int64_t time_ms);
  live_source::links source_links_of();
  std::unique_ptr<live_source> make_source();
  void keep_pushed(std::vector<sample_row> rows, std::function<void()> then);
  void take_round(check::round x);
  void judge(const check::round& x);
  void judge_late(const history_portion& x);
  /// The last grid time that can have been judged by now.
  int64_t judgeable_ms() const;
  void forget_gone_series(const check::round& x, round_to_commit& commit);
  round_to_commit findings(check::round_result&& result, int64_t first_ms);
  void look_for_stuck_rounds();
  round_watch::wait oldest_wait() const;
  void note_status(bool answered, int64_t time_ms, round_to_commit& commit);
  void note_answer(const check::round& x, round_to_commit& commit);
  void begin_elsewhere();
  void note_look(expected<void> how);
  round_to_commit new_commit() const;

  // -- lines
  int64_t lines_due_from_ms() const;
  std::vector<alert_change> begin_lines(const host_state& state);
  /// @return Rules that are new.
  std::vector<std::string> apply_log_rules(const check::rule_set& rules);
  void bind_line_numbers();
  void take_line_numbers(const check::round& x);
  /// Takes what came since the last time, and judges up to a time; `then` runs in any case.
  void look_at_lines(int64_t until_ms, std::function<void()> then);
  void follow_lines();
  void take_lines(expected<lines_followed> news, int64_t until_ms);
  void begin_judging_lines(int64_t until_ms);
  void read_missed_lines(int64_t until_ms);
  void load_line_numbers(int64_t until_ms, bool has_gap);
  void judge_lines(int64_t until_ms);
  void end_look_at_lines(bool is_good);
  int64_t line_delay_ms() const;

  // -- rules that programs judge
  void show_outside();
  void take_outside(const check::rule_set::rule_ptr& rule,
                    const std::map<std::string, uint32_t>& slots,
                    expected<plugin::judged_batch> said);
  void ask_outside(const check::rule_set::rule_ptr& rule,
                   const check::run_request& request,
                   const check::run_data& data,
                   std::function<void(check::run_data)> then);
  outside_errand errand_for(const check::compiled_rule& rule) const;
  /// Does something in this actor, from any thread; forgotten when it is gone.
  std::function<void(std::function<void()>)> way_home() const;

  // -- asking again
  void note_outcome(const rule_list& rules,
                    const check::run_request& request,
                    const std::vector<check::run_result>& results);
  void note_silent(const std::vector<int64_t>& times);
  void ask_again();
  void ask_again(const check::retry_key& key, bool is_live);
  check::retry_key key_of(std::string check_item, int64_t start_ms, int64_t end_ms) const;

  // -- commits
  commit_queue::links commit_links();
  void cursor_moved(int64_t until_ms);
  void wait_for_cursor(int64_t time_ms, int64_t deadline_ms, std::function<void()> then);

  // -- rules
  void apply_rules(std::shared_ptr<const check::rule_set> rules);

  // -- history
  source_links links_to_source();
  backfill::links backfill_links();
  far_windows::links far_links();
  int64_t earliest_ms() const;
  std::optional<coverage::range> missing_of(const std::string& check_item) const;
  std::shared_ptr<history_run> run_of(rule_list rules, check::run_request request, read_kind how);
  /// Judges rules over the past, for somebody who waits so long.
  void run_over(rule_list rules,
                check::run_request request,
                int64_t deadline_ms,
                history_source::judged then);
  /// Puts what a run found into the store.
  void store_runs(rule_list rules,
                  check::run_request request,
                  std::vector<check::run_result> results,
                  done then);
  check::run_request request_for(int64_t start_ms, int64_t end_ms) const; ///< On the grid, as live.
  check::run_request job_for(int64_t start_ms, int64_t end_ms) const; ///< As explicit jobs judge.
  rule_list rules_for(const std::vector<std::string>& check_items) const;

  // -- rules tried out
  template <class Reply>
  using reply_maker = Reply (*)(const check::compiled_rule& rule,
                                const std::string& host_id,
                                const check::run_request& request,
                                const check::run_result& result,
                                const check::series_catalogue& known);
  template <class Reply>
  caf::result<Reply>
  try_out(const check_rule& rule, const std::vector<moment>& range, reply_maker<Reply> make);

  // -- explicit checks
  /// A unit of an explicit check. Asked again after a time-out, it goes on where it was.
  struct running_check {
    std::shared_ptr<history_run> run;
    rule_list rules;
    check::run_request request;
    int64_t pairs = 0;
    bool is_under_way = false, is_read = false;
    std::vector<std::shared_ptr<kept_promise<unit_checked>>> waiting;
  };
  using check_key = std::pair<std::string, int64_t>; ///< Job and unit.
  void begin_check(const check_key& key,
                   const unit_to_check& x,
                   std::shared_ptr<kept_promise<unit_checked>> promise,
                   int64_t deadline_ms);
  bool is_same(const running_check& check, const unit_to_check& x) const;
  void read_on(const check_key& key);
  void answer_check(const check_key& key, expected<void> how);

  // -- diagnosis
  struct diagnosis;
  void judge_lines_for(std::shared_ptr<diagnosis> d);
  void learn_facts(std::shared_ptr<diagnosis> d);
  void learn_collected(std::shared_ptr<diagnosis> d);
  void prepare_unit(std::shared_ptr<diagnosis> d);
  void judge_late_parts(std::shared_ptr<diagnosis> d);
  void read_results(std::shared_ptr<diagnosis> d);
  void read_evidence(std::shared_ptr<diagnosis> d);
  void judge_evidence(std::shared_ptr<diagnosis> d, int64_t from_ms, int64_t until_ms);
  void read_upstream(std::shared_ptr<diagnosis> d);
  void report(std::shared_ptr<diagnosis> d);
  fault::host_facts facts(const std::vector<fault::rule_label>& wanted) const;
  static void take_evidence(diagnosis& d, const history_portion& x, int64_t beside_ms);
  static void number_instances(diagnosis& d);

  // -- the end
  void take_rounds_of_now();
  void wait_for_page();
  bool may_begin_still() const;
  void give_up(const error& why);
  template <class T>
  std::shared_ptr<kept_promise<T>> keep_promise();

  int64_t now_ms() const { return services_->clock->now_ms(); }
  int64_t period_ms() const { return services_->period_ms(); }
  std::chrono::milliseconds store_deadline() const;
  std::vector<std::string> groups() const { return {record_.host_group_name}; }
  /// By which queries know the host.
  promql::labels labels() const;
  int64_t backfill_from_ms() const;

  template <class Message>
  void send_later(std::chrono::milliseconds after, Message x) {
    self_->delayed_send(self_, after, x);
  }

  /// Asks a store actor or the scraper by name; `then` gets the answer or an error.
  template <class Handle, class Reply, class Request>
  void ask(std::string_view name,
           std::chrono::milliseconds deadline,
           Request request,
           std::function<void(expected<Reply>)> then);

  host_pointer self_;
  services_ptr services_;
  host_record record_;
  fence held_; ///< Since the start.
  std::shared_ptr<const check::rule_set> rules_;

  check::host_checker checker_;
  recent_rows recent_;
  coverage coverage_;
  std::vector<deviation> new_deviations_; ///< To go with the next commit.

  history_turns turns_;
  push_source* pushed_ = nullptr; ///< `source_`, of a host that is pushed.
  std::unique_ptr<live_source> source_;
  std::unique_ptr<history_source> history_; ///< Of the source, and of the lines of the host.
  check::log_checker lines_;                ///< Rules that look at lines.
  commit_queue commits_;
  backfill backfill_;
  far_windows far_windows_;
  int64_t far_history_ms_ = 0; ///< Far windows to be loaded once live.

  about_a_second start_retry_;
  int64_t begun_ms_; ///< When the actor was started.
  bool is_live_ = false;
  bool is_looked_for_ = false; ///< Somebody waits to hear whether it can be reached.
  bool is_loading_ = false;    ///< Windows wait for history: rounds queue up.
  std::deque<check::round> waiting_rounds_;
  std::shared_ptr<const check::rule_set> pending_rules_;
  int64_t last_due_ms_ = 0;
  int missed_rounds_ = 0;
  std::optional<std::string> scrape_error_; ///< Of the last round; unset before the first one.
  int64_t forget_again_ms_ = 0;             ///< When to look again for series that are gone.

  std::string tap_; ///< Under which lines are followed.
  std::vector<tap_place> tap_places_;
  std::vector<std::pair<uint32_t, series_key>> line_numbers_; ///< Numbers beside lines, by slot.
  std::vector<alert_change> line_alerts_;                     ///< Of before the start.
  bool is_looking_at_lines_ = false, knows_lines_ = false;
  bool must_load_line_numbers_ = false;
  int line_reads_left_ = 0;    ///< So often what is stored is read, beside what is told.
  int64_t lines_heard_ms_ = 0; ///< Judging them begins here.
  int64_t lines_judged_ms_ = 0, line_look_until_ms_ = 0;
  std::vector<std::function<void()>> line_waiters_;

  /// Since when the program of a rule has been asked, by the rule's digest.
  std::map<std::string, int64_t> outside_asked_ms_;
  uint64_t outside_runs_ = 0; ///< Tells runs over the past apart.

  struct cursor_waiter {
    int64_t time_ms, deadline_ms;
    std::function<void()> then;
  };
  std::vector<cursor_waiter> cursor_waiters_;

  struct release {
    caf::typed_response_promise<aops::done> promise;
    int64_t deadline_ms = 0;
    int64_t begins_until_ms = 0;  ///< Then no round is begun any more: the rest is for the store.
    int64_t scrapes_until_ms = 0; ///< Then a page under way is forgotten.
    int64_t awaited_ms = 0;       ///< A round so near that it is taken first.
  };
  std::optional<release> release_; ///< The slot goes to another node.
  /// The same for promises, some of which are forgotten after the body.
  std::shared_ptr<bool> is_leaving_ = std::make_shared<bool>(false);

  std::map<check_key, running_check> checks_;
  int tests_ = 0; ///< Rules being tried.

  std::vector<int64_t> old_pushed_; ///< Rounds whose pushed samples nobody will judge.

  int64_t origin_ms_ = 0;             ///< Judging began after it; 0 when the store told a cursor.
  std::function<void()> start_again_; ///< What the start has left to do once the source answers.
  std::vector<series_info> machine_series_; ///< Those that tell what the host is made of.
  std::string collected_facts_;             ///< JSON; empty: nothing was collected.
  check::retry_table retries_, live_retries_;
};

} // namespace aops::actors
