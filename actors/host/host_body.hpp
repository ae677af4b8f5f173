#pragma once

#include "actors/host/coverage.hpp"
#include "actors/host/host.hpp"
#include "actors/host/recent_rows.hpp"
#include "actors/host/unit_reports.hpp"
#include "runtime/core/check/live.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/io/scrape/page_reader.hpp"

#include <deque>
#include <functional>
#include <optional>

namespace aops::actors {

/// What one host actor remembers and does; each public function is one event of its mailbox. Split by subject:
/// `host_start.cpp`, `host_rounds.cpp` (sampling, judging, committing), `host_history.cpp` (reading stored rounds and
/// judging them again), `host_views.cpp` (what users ask), `host_diagnosis.cpp`.
class host_body {
public:
  host_body(host_pointer self, services_ptr services, host_record record, std::shared_ptr<const check::rule_set> rules);

  void begin();
  void on_due(int64_t time_ms);
  void on_rules(std::shared_ptr<const check::rule_set> rules);
  void on_record(const host_record& record);
  caf::result<series_page> on_series(const series_query& q);
  caf::result<rule_tested> on_test(const rule_to_test& x);
  caf::result<unit_diagnosed> on_unit(const unit_to_diagnose& x);
  caf::result<unit_checked> on_unit(const unit_to_check& x);

private:
  using done = std::function<void(expected<void>)>;
  using rule_list = std::vector<check::rule_set::rule_ptr>;

  // -- start ---------------------------------------------------------------------------------------
  void take_state(host_state state);
  void go_live();
  void load_windows(int64_t history_ms, std::function<void()> then);

  // -- rounds --------------------------------------------------------------------------------------
  void schedule_after(int64_t time_ms);
  void scrape(int64_t time_ms);
  void scraped(int64_t time_ms, expected<fetched> answer);
  void take_round(check::round x);
  void judge(const check::round& x);
  void note_status(bool answered, int64_t time_ms, round_to_commit& commit);
  void miss(int64_t from_ms, int64_t until_ms, std::string reason);
  round_to_commit new_commit() const;

  // -- commits -------------------------------------------------------------------------------------
  void push(round_to_commit x);
  void pump();
  void committed(const round_to_commit& x);
  void not_committed(const error& why);
  void when_quiet(std::function<void()> work); ///< Runs with no commit under way; `resume_commits` ends the quiet.
  void resume_commits();
  void wait_for_cursor(int64_t time_ms, int64_t deadline_ms, std::function<void()> then);

  // -- rules ---------------------------------------------------------------------------------------
  void apply_rules(std::shared_ptr<const check::rule_set> rules);
  void start_backfill();
  void backfill(std::vector<std::string> items);

  // -- history -------------------------------------------------------------------------------------
  /// Stored rounds in [from, until], in portions, in time order.
  void read_rounds(int64_t from_ms, int64_t until_ms, std::function<void(const sample_rows&)> each, done finished);
  struct run_order;
  /// Judges rules over [start, end) of stored rounds.
  void run_over(rule_list rules, int64_t start_ms, int64_t end_ms,
                std::function<void(expected<std::vector<check::run_result>>)> then);
  /// Puts what a run found into the store.
  void store_runs(rule_list rules, check::run_request request, std::vector<check::run_result> results, done then);
  check::run_request request_for(int64_t start_ms, int64_t end_ms) const;
  rule_list rules_for(const std::vector<std::string>& check_items) const;

  // -- diagnosis -----------------------------------------------------------------------------------
  struct diagnosis;
  void judge_late_parts(std::shared_ptr<diagnosis> d);
  void read_results(std::shared_ptr<diagnosis> d);
  void read_evidence(std::shared_ptr<diagnosis> d);
  void report(std::shared_ptr<diagnosis> d);
  fault::host_facts facts() const;

  int64_t now_ms() const { return services_->clock->now_ms(); }
  int64_t period_ms() const { return services_->period_ms(); }
  std::chrono::milliseconds store_deadline() const;
  std::vector<std::string> groups() const { return {record_.host_group_name}; }
  int64_t backfill_from_ms() const;

  /// Asks a store actor or the scraper by name; `then` gets the answer or an error.
  template <class Handle, class Reply, class Request>
  void ask(std::string_view name, std::chrono::milliseconds deadline, Request request,
           std::function<void(expected<Reply>)> then);

  host_pointer self_;
  services_ptr services_;
  host_record record_;
  std::shared_ptr<const check::rule_set> rules_;

  check::host_checker checker_;
  scrape::page_reader reader_;
  recent_rows recent_;
  coverage coverage_;
  std::vector<deviation> new_deviations_; ///< To go with the next commit.
  size_t page_bytes_ = 0;                 ///< Length of the last page.

  bool is_live_ = false;
  bool is_loading_ = false; ///< Windows wait for history: rounds queue up.
  std::deque<check::round> waiting_rounds_;
  std::shared_ptr<const check::rule_set> pending_rules_;
  int64_t last_due_ms_ = 0;
  int missed_rounds_ = 0;

  std::deque<round_to_commit> commits_;
  bool is_committing_ = false;
  int quiet_ = 0; ///< How many want no commit under way.
  std::deque<std::function<void()>> quiet_waiters_;
  struct cursor_waiter {
    int64_t time_ms, deadline_ms;
    std::function<void()> then;
  };
  std::vector<cursor_waiter> cursor_waiters_;

  std::vector<std::string> backfill_items_;
  bool is_backfilling_ = false;
};

} // namespace aops::actors
