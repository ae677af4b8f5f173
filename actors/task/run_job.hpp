#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/task/run_book.hpp"
#include "actors/task/run_log.hpp"
#include "runtime/core/task/run_machine.hpp"

#include <caf/actor_clock.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// What jobs of this kind are called in the store.
inline kind_name deploy_kind_name() { return {"deploy"}; }

/// The entry of runs of deployment tasks in the list of kinds.
job_kind deploy_kind();

/// How the message of a host begins whose time was over. It is stored, so that each owner of a run
/// knows it.
inline constexpr std::string_view not_in_time = "not done in time";
bool is_late(const storage::run_host_row& x);

/// What a play tells, on its way from the player's thread to its run.
class play_inbox {
public:
  /// @returns Whether the run has to be woken.
  bool put(std::vector<ansible::play_event> events);
  bool put(ansible::play_result result);
  struct content {
    std::vector<ansible::play_event> events;
    std::optional<ansible::play_result> result;
  };
  content take();

private:
  std::mutex mutex_;
  content content_;
  bool is_told_ = false;
};

/// A run of a deployment task at work. `run_machine` decides; this carries it out, and stores what
/// happens before it counts. Hosts are noted as begun, under the fence, before a play starts on
/// them. A play goes on only while this node surely holds its lease.
class run_job final : public job_work {
public:
  run_job(job_pointer self, job_services_ptr services, std::string run);
  ~run_job() override;

  const std::string& id() const override { return id_; }
  void begin() override;
  void on_tick() override;
  task_waits waits() const override;
  void wind_up(std::function<void()> ended) override;

private:
  using machine = task::run_machine;

  /// A batch of hosts at work on a step, or what is left of one being ended.
  struct batch {
    size_t step = 0;
    std::vector<size_t> hosts;
    bool is_clean_up = false;
    std::shared_ptr<play_inbox> inbox;
    std::shared_ptr<ansible::play> play; ///< None: it is starting.
    std::map<std::string, std::string, std::less<>>
      closed;                    ///< Hosts that cannot be logged in to: why.
    bool is_ending = false;      ///< It has been told to.
    bool is_cut_off = false;     ///< Because the lease ends.
    bool may_have_acted = false; ///< On hosts.
  };

  // What it starts from: run_load.cpp
  void loaded(storage::stored_run stored);
  expected<void> restore(const storage::stored_run& stored);
  void restore_hosts(const storage::stored_run& stored);
  void enter(); ///< Waits for its place, its hosts and its key.
  void find_key();
  void look_at_hosts();
  void take_hosts();
  void wait_for_hosts(const expected<storage::run_lock_answer>& answer);
  void start();
  void wait_because(const std::string& reason, std::chrono::milliseconds wait);

  // How it goes on: run_job.cpp
  void go_on();
  void carry_out(const machine::decision& what);
  void end_step(const machine::end_step& x);
  void wait_for_user(std::string_view state,
                     const std::string& reason,
                     job_status job,
                     std::optional<int64_t> step = std::nullopt,
                     std::optional<storage::run_change> with = std::nullopt);
  void need_approval(const machine::need_approval& x);
  void need_decision(const machine::need_decision& x);
  void end(job_status job, std::string_view state, std::string reason);
  void look_after_batch();
  void note_cut_off();
  void glance();
  bool is_past_timeout() const;
  int64_t worked_ms() const; ///< How long it has been at work, in all.

  // Plays: run_play.cpp
  void begin_batch(const machine::begin_batch& x);
  void begun(const machine::begin_batch& x);
  void put_back();
  void start_play(ansible::play_order order);
  void started(expected<play_started> play);
  void drain();
  void batch_ended(ansible::play_result result);
  void hosts_ended(const ansible::play_result& result);
  storage::run_host_row
  result_of(const ansible::host_result* x, size_t host, const expected<void>& how);
  task::host_state state_without_result(const expected<void>& how) const;
  ansible::play_order order_of(const batch& x) const;
  std::chrono::milliseconds step_time_left(size_t step) const;
  std::string play_name(std::string_view what) const;

  // What plays left running on hosts: run_remnants.cpp
  void clean_up();
  void cleaned_up(const ansible::play_result& result);
  void clean_up_later();
  void give_up_remnants();
  std::string with_remnants(std::string reason) const;

  // Storing
  storage::run_change change() const;
  /// Stores a change, with the events there are, however long it takes; then goes on. Nothing else
  /// is begun meanwhile.
  void store(storage::run_change x, std::function<void()> then);
  void send();
  void stored(const storage::run_after& after, job_status wanted);
  void flush();

  void announce(const job_progress& progress) const;
  void wake_in(std::chrono::milliseconds wait);
  void quit();
  int64_t now_ms() const { return services_->clock->now_ms(); }
  const task::run_plan& plan() const { return machine_->plan(); }

  job_pointer self_;
  job_services_ptr services_;
  std::string id_;
  fence held_; ///< Since the start.
  job_record job_;
  std::vector<tree_content> templates_;
  std::optional<machine> machine_;
  std::vector<storage::run_step_row> steps_;
  std::vector<std::vector<storage::run_host_row>> hosts_; ///< By step and place.
  run_log log_;
  secret_ptr key_;
  schedule::slot_holds::hold hold_; ///< While something is under way: its slot stays here.
  bool has_hosts_ = false;          ///< No other run acts on them.
  int looks_ = 0;                   ///< At them while another run had one.
  std::string reason_;              ///< Why it waits.
  int64_t finished_ = 0, failed_ = 0;
  std::optional<caf::actor_clock::time_point> began_; ///< When it got to work.
  int64_t started_ms_ = 0;
  int64_t worked_before_ms_ = 0; ///< It was at work under earlier owners, and before it waited.
  /// Hosts where plays of before may still run; why the last clean-up did not end them.
  std::map<size_t, std::string> remnants_;
  int clean_ups_ = 0;   ///< Of these that came to nothing, in a row.
  size_t given_up_ = 0; ///< Hosts where that could not be ended.
  std::optional<batch> batch_;
  std::string wish_;
  bool is_busy_ = false; ///< It waits for an answer before it goes on.
  bool is_over_ = false;
  std::deque<std::pair<storage::run_change, std::function<void()>>>
    unstored_; ///< The first is sent.
  bool is_sending_ = false;
  uint64_t changes_ = 0; ///< Grows when one is to be stored, and when one is.
  std::function<void()> when_wound_up_;
  std::optional<caf::actor_clock::time_point> tick_due_, glance_due_, flush_due_, note_due_,
    clean_up_due_;
};

} // namespace aops::actors
