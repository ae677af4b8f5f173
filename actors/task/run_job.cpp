#include "actors/task/run_job.hpp"

#include "actors/jobs/job_intake.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "actors/task/run_intake.hpp"
#include "actors/task/run_keys.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace aops::actors {

namespace {

constexpr std::chrono::milliseconds retry{1000};
constexpr std::chrono::milliseconds while_playing{250};
constexpr std::chrono::milliseconds glance_every{500};
constexpr std::chrono::milliseconds flush_every{250};
constexpr std::chrono::seconds note_every{10};

/// At once, most of them waiting for hosts or a place; how many are at work `run_places` says.
constexpr size_t most_runs = 256;

job_actor::behavior_type run_deploy(job_pointer self, job_services_ptr services, std::string job) {
  return run(self, std::make_unique<run_job>(self, std::move(services), std::move(job)));
}

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

job_kind deploy_kind() {
  job_kind kind;
  kind.name = deploy_kind_name();
  kind.behaviour = &run_deploy;
  kind.lists = bit_of(followed_list::runs);
  kind.is_repeatable = false;
  kind.most_running = [](const base::config&) { return most_runs; };
  kind.intake = &run_intake_tree;
  return kind;
}

// -- time

void run_job::wake_in(std::chrono::milliseconds wait) {
  auto due = self_->clock().now() + wait;
  if (tick_due_ && *tick_due_ <= due)
    return; // It looks at everything.
  tick_due_ = due;
  self_->delayed_send(self_, wait, atom::tick_v);
}

void run_job::on_tick() {
  auto now = self_->clock().now();
  if (tick_due_ && *tick_due_ <= now)
    tick_due_.reset();
  if (is_over_)
    return;
  send();
  if (!machine_) {
    if (!is_busy_ && unstored_.empty())
      begin();
    return;
  }
  if (!began_)
    return enter();
  drain();
  look_after_batch();
  flush();
  glance();
  go_on();
}

void run_job::glance() {
  auto now = self_->clock().now();
  if (is_over_ || (glance_due_ && now < *glance_due_))
    return;
  glance_due_ = now + glance_every;
  auto then = [this, seen = changes_](const expected<storage::run_after>& after) {
    // What is being stored tells, too; what was stored meanwhile this look may not have seen.
    if (!after || is_over_ || !unstored_.empty() || seen != changes_)
      return;
    stored(*after, job_.state);
    if (is_over_)
      return;
    look_after_batch();
    if (began_)
      go_on();
    else if (wish_ == "stop")
      enter(); // Else it looks again in its time.
  };
  ask_here<run_book_actor>(self_, *services_, run_book_name, then, run_to_glance_at{id_});
}

int64_t run_job::worked_ms() const {
  if (!began_)
    return worked_before_ms_;
  auto now = self_->clock().now() - *began_;
  return worked_before_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool run_job::is_past_timeout() const {
  return plan().timeout_ms > 0 && worked_ms() >= plan().timeout_ms;
}

task_waits run_job::waits() const {
  task_waits out;
  out.task_id = id_;
  return out;
}

void run_job::wind_up(std::function<void()> ended) {
  when_wound_up_ = std::move(ended);
  if (machine_)
    began_ ? go_on() : enter();
  else
    when_wound_up_(), quit();
}

void run_job::quit() {
  is_over_ = true;
  batch_.reset(); // Ends its processes.
  hold_.reset();
  self_->quit();
}

// -- how it goes on

void run_job::go_on() {
  if (is_over_ || is_busy_ || batch_ || !unstored_.empty())
    return;
  hold_.reset();
  // This node ends: who owns the run next begins with what is left running.
  const bool is_cut_off = services_->holds->is_cut_off();
  // However it goes on, or ends, nothing is left running behind its back.
  const bool is_leaving = when_wound_up_ && (clean_ups_ > 0 || remnants_.empty() || is_cut_off);
  if (is_leaving || (when_wound_up_ && !services_->is_sure())) {
    when_wound_up_();
    return quit();
  }
  if (!services_->is_sure() || is_cut_off)
    return wake_in(retry);
  if (!remnants_.empty())
    return clean_up();
  if (wish_ == "stop")
    return end(job_status::cancelled, "cancelled", "stopped by its user");
  if (is_past_timeout())
    return end(job_status::failed,
               "timed_out",
               fmt::format("it was not done within {} s", plan().timeout_ms / 1000));
  if (wish_ == "pause")
    return wait_for_user("paused", "paused by its user", job_status::interrupted);
  carry_out(machine_->next());
}

void run_job::carry_out(const machine::decision& what) {
  std::visit(overloaded{[this](const machine::begin_batch& x) { begin_batch(x); },
                        [this](const machine::end_step& x) { end_step(x); },
                        [this](const machine::need_approval& x) { need_approval(x); },
                        [this](const machine::need_decision& x) { need_decision(x); },
                        [this](const machine::end_run& x) {
                          if (!x.is_failed)
                            return end(job_status::done, "done", x.reason);
                          bool was_late = x.step && std::ranges::any_of(hosts_[*x.step], is_late);
                          end(job_status::failed, was_late ? "timed_out" : "failed", x.reason);
                        }},
             what);
}

void run_job::end_step(const machine::end_step& x) {
  auto& row = steps_[x.step];
  auto now = now_ms();
  row.state = x.is_failed ? "failed" : "ok";
  row.ended_ms = now;
  if (row.started_ms == 0)
    row.started_ms = now;
  auto c = change();
  c.steps.push_back(row);
  log_.step_is(now, plan().steps[x.step].name, row.state, row.message);
  machine_->step_ended(x.step);
  store(std::move(c), [this] { go_on(); });
}

void run_job::need_approval(const machine::need_approval& x) {
  auto c = change();
  steps_[x.step].batches = x.batch; // Who approves means this one.
  c.steps.push_back(steps_[x.step]);
  wait_for_user("waiting_for_approval",
                "waits for approval before step " + plan().steps[x.step].name,
                job_status::interrupted,
                static_cast<int64_t>(x.step),
                std::move(c));
}

void run_job::need_decision(const machine::need_decision& x) {
  auto c = change();
  const auto& step = plan().steps[x.step].name;
  for (auto host : x.hosts) {
    auto& row = hosts_[x.step][host];
    row.state = "interrupted";
    row.ended_ms = 0;
    c.hosts.push_back(row);
    log_.host_is(now_ms(), step, plan().hosts[host].id, "interrupted", {});
  }
  wait_for_user(
    "interrupted",
    fmt::format("{} hosts were at work on step {} when its node lost them: nobody knows how far "
                "they got",
                x.hosts.size(),
                step),
    job_status::interrupted,
    static_cast<int64_t>(x.step),
    std::move(c));
}

void run_job::wait_for_user(std::string_view state,
                            const std::string& reason,
                            job_status job,
                            std::optional<int64_t> step,
                            std::optional<storage::run_change> with) {
  auto x = with ? std::move(*with) : change();
  auto why = with_remnants(reason);
  log_.run_is(now_ms(), state, why);
  x.job_state = job;
  x.state = std::pair{std::string{state}, std::move(why)};
  x.step = step;
  x.takes_wish = wish_ == "pause";
  store(std::move(x), [this] { quit(); });
}

void run_job::end(job_status job, std::string_view state, std::string reason) {
  reason = with_remnants(std::move(reason));
  auto x = change();
  auto now = now_ms();
  x.job_state = job;
  x.state = std::pair{std::string{state}, reason};
  x.ended_ms = now;
  x.takes_wish = x.frees_hosts = true;
  for (auto& row : steps_)
    if (row.state == "running") {
      row.state = "interrupted";
      row.ended_ms = now;
      x.steps.push_back(row);
    }
  log_.run_is(now, state, reason);
  store(std::move(x), [this, state = std::string{state}, reason] {
    log::info("run-ended",
              "run {} is {}{}: {} of {} steps on hosts, {} of them failed",
              id_,
              state,
              reason.empty() ? "" : " (" + reason + ")",
              finished_,
              job_.expected,
              failed_);
    tell<run_keys_actor>(*services_->names, run_keys_name, run_key_to_wipe{id_});
    quit();
  });
}

// -- storing

storage::run_change run_job::change() const {
  storage::run_change x;
  x.held = held_;
  x.run = id_;
  return x;
}

void run_job::store(storage::run_change x, std::function<void()> then) {
  x.finished = finished_;
  x.failed = failed_;
  x.worked_ms = worked_ms();
  note_due_ = self_->clock().now() + note_every;
  ++changes_;
  unstored_.emplace_back(std::move(x), std::move(then));
  send();
}

void run_job::send() {
  if (is_sending_ || unstored_.empty())
    return;
  is_sending_ = true;
  auto& x = unstored_.front().first;
  x.was = job_.state;
  if (x.events.empty()) {
    x.events = log_.take();
    x.event_bytes = log_.bytes();
  }
  auto then =
    [this, wanted = x.job_state.value_or(job_.state)](const expected<storage::run_after>& after) {
      is_sending_ = false;
      if (!after) {
        if (after.error() == ec::fenced || after.error() == ec::not_found)
          return quit();
        log::warn("run-not-stored", "run {} tries again: {}", id_, to_string(after.error()));
        return wake_in(retry);
      }
      auto [sent, next] = std::move(unstored_.front());
      unstored_.pop_front();
      ++changes_;
      stored(*after, wanted);
      if (is_over_)
        return;
      next();
      send();
    };
  ask_here<run_book_actor>(self_, *services_, run_book_name, then, x);
}

/// @param wanted The state the job has unless somebody else changed it.
void run_job::stored(const storage::run_after& after, job_status wanted) {
  wish_ = after.wish;
  announce(after.progress);
  if (after.progress.state != wanted)
    return quit();
  job_.state = after.progress.state;
}

void run_job::flush() {
  constexpr size_t many = 500;
  auto now = self_->clock().now();
  if (!unstored_.empty())
    return;
  // Who goes on after a crash knows about how long it has been at work.
  bool is_due = note_due_ && now >= *note_due_;
  if (log_.is_empty() && !is_due)
    return;
  if (!is_due && log_.waiting_events() < many && flush_due_ && now < *flush_due_)
    return wake_in(flush_every);
  flush_due_ = now + flush_every;
  store(change(), [this] { go_on(); });
}

void run_job::announce(const job_progress& progress) const {
  tell<jobs_actor>(*services_->names, jobs_name, progress);
  tell<progress_actor>(*services_->names, progress_name, progress);
  // Its list shows how many hosts are through.
  tell_changed(*services_->names, bit_of(followed_list::runs));
}

void run_job::look_after_batch() {
  if (!batch_)
    return;
  wake_in(while_playing);
  auto until = services_->sure_until();
  if (until && batch_->play)
    batch_->play->may_run_until(*until);
  const bool is_node_ending = services_->holds->is_cut_off();
  bool is_cut_off = is_node_ending || !services_->is_sure();
  bool must_end = is_cut_off || (wish_ == "stop" && !batch_->is_clean_up);
  if (!must_end || batch_->is_ending || !batch_->play)
    return;
  batch_->is_ending = true;
  batch_->is_cut_off = is_cut_off;
  batch_->play->cancel();
  if (is_node_ending && !batch_->is_clean_up)
    note_cut_off();
}

/// The run's log, and that of the node, say what was interrupted.
void run_job::note_cut_off() {
  const auto& step = plan().steps[batch_->step].name;
  ansible::play_event note;
  note.time_ms = now_ms();
  note.message =
    fmt::format("its node ends: step {} is cut off on {} hosts", step, batch_->hosts.size());
  log_.add(step, {note});
  log::warn("run-cut-off",
            "run {}: step {} is cut off on {} hosts, for this node ends",
            id_,
            step,
            batch_->hosts.size());
}

} // namespace aops::actors
