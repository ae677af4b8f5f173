#include "actors/jobs/job_intake.hpp"
#include "actors/support/tell_changed.hpp"
#include "actors/task/run_job.hpp"
#include "actors/task/run_keys.hpp"
#include "actors/task/run_places.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <utility>

/// The part of `run_job` that loads a run and waits until it may begin.
namespace aops::actors {

namespace {

constexpr std::chrono::seconds read_again_in{1};
constexpr std::chrono::milliseconds look_again{1000};

/// Who waits for hosts longer than a few looks looks less often.
constexpr int quick_looks = 10;
constexpr std::chrono::seconds look_rarely{5};

task::host_state state_of(const storage::run_host_row& x) {
  using task::host_state;
  for (auto state : {host_state::pending,
                     host_state::running,
                     host_state::ok,
                     host_state::failed,
                     host_state::unreachable,
                     host_state::skipped})
    if (x.state == task::text_of(state))
      return state;
  return x.ended_ms > 0 ? host_state::left_out : host_state::interrupted;
}

/// Whether a play may still be at work there.
bool may_have_remnants(const storage::run_host_row& x) {
  return x.state == "running" || x.state == "interrupted" ||
         (x.state == "pending" && x.attempts > 0) || is_late(x);
}

} // namespace

bool is_late(const storage::run_host_row& x) {
  return x.state == task::text_of(task::host_state::failed) && x.message.starts_with(not_in_time);
}

run_job::run_job(job_pointer self, job_services_ptr services, std::string run)
    : self_(self), services_(std::move(services)), id_(std::move(run)),
      held_(services_->slots->fence_of(id_)) {}

run_job::~run_job() {
  if (services_->places)
    services_->places->leave(id_);
}

void run_job::begin() {
  is_busy_ = true;
  auto then = [this](expected<storage::stored_run> stored) {
    is_busy_ = false;
    if (stored)
      return loaded(std::move(*stored));
    if (stored.error() == ec::not_found)
      return quit();
    log::warn("run-not-read", "run {} tries again: {}", id_, to_string(stored.error()));
    wake_in(read_again_in);
  };
  ask_here<run_book_actor>(self_, *services_, run_book_name, then, run_to_load{id_});
}

void run_job::loaded(storage::stored_run stored) {
  job_ = stored.job.job;
  if (is_final(job_.state) || is_waiting_for_user(job_.state))
    return quit();
  reason_ = stored.reason;
  wish_ = stored.wish;
  started_ms_ = stored.started_ms;
  worked_before_ms_ = stored.worked_ms;
  finished_ = job_.finished;
  failed_ = job_.failed;
  log_.begin_after(stored.events, stored.event_bytes);
  if (auto restored = restore(stored); !restored) {
    log::error("run-plan-broken", "run {}: {}", id_, to_string(restored.error()));
    return end(job_status::failed, "failed", "its plan does not read");
  }
  announce({id_, job_.state, job_.expected, job_.finished, job_.failed, job_.last_number});
  enter();
}

expected<void> run_job::restore(const storage::stored_run& stored) {
  auto plan = task::run_plan_of(job_.plan);
  if (!plan)
    return fail(std::move(plan.error()));
  if (stored.steps.size() != plan->steps.size())
    return fail(ec::corrupt, "the steps of a run");
  machine_.emplace(std::move(*plan));
  templates_ = stored.job.trees;
  steps_ = stored.steps;
  for (size_t i = 0; i < steps_.size(); ++i)
    machine_->restore_step(i, steps_[i].ended_ms > 0);
  if (stored.approved_step >= 0)
    machine_->approve(static_cast<size_t>(stored.approved_step), stored.approved_batch);
  restore_hosts(stored);
  return {};
}

void run_job::restore_hosts(const storage::stored_run& stored) {
  const auto hosts = this->plan().hosts.size();
  hosts_.resize(steps_.size());
  for (size_t step = 0; step < steps_.size(); ++step)
    for (size_t host = 0; host < hosts; ++host) {
      storage::run_host_row row;
      row.step = static_cast<int64_t>(step);
      row.number = static_cast<int64_t>(host);
      row.state = "pending";
      hosts_[step].push_back(std::move(row));
    }
  for (const auto& x : stored.hosts) {
    auto step = static_cast<size_t>(x.step), host = static_cast<size_t>(x.number);
    if (step >= steps_.size() || host >= hosts)
      continue;
    auto& row = hosts_[step][host] = x;
    if (machine_->is_open(step) && may_have_remnants(x))
      remnants_.try_emplace(host);
    row.state = text_of(machine_->restore_host(step, host, state_of(x)));
  }
}

void run_job::wait_because(const std::string& reason, std::chrono::milliseconds wait) {
  wake_in(wait);
  if (reason == reason_)
    return glance();
  reason_ = reason;
  auto x = change();
  x.state = std::pair{std::string{"pending"}, reason};
  log_.run_is(now_ms(), "pending", reason);
  store(std::move(x),
        [names = services_->names] { tell_changed(*names, bit_of(followed_list::runs)); });
}

void run_job::enter() {
  if (is_busy_ || is_over_ || !unstored_.empty())
    return;
  if (when_wound_up_) {
    when_wound_up_();
    return quit();
  }
  const bool is_stopped = wish_ == "stop";
  if (is_stopped && remnants_.empty())
    return end(job_status::cancelled, "cancelled", "stopped by its user");
  if (!key_)
    return find_key(); // Before it holds what others wait for.
  if (is_stopped)
    return start(); // To end what it left running. Those hosts are its own still.
  if (services_->places && !services_->places->enter(id_))
    return wait_because("waits for its turn: as many runs are at work here as may be", look_again);
  if (!has_hosts_)
    return look_at_hosts();
  start();
}

/// First without writing: it may be asked many times.
void run_job::look_at_hosts() {
  is_busy_ = true;
  auto then = [this](const expected<storage::run_lock_answer>& answer) {
    is_busy_ = false;
    answer && answer->is_ours ? take_hosts() : wait_for_hosts(answer);
  };
  ask_here<run_book_actor>(
    self_, *services_, run_book_name, then, hosts_to_look_at{id_, plan().allows_parallel});
}

void run_job::take_hosts() {
  is_busy_ = true;
  auto then = [this](const expected<storage::run_lock_answer>& answer) {
    is_busy_ = false;
    if (!answer || !answer->is_ours)
      return wait_for_hosts(answer);
    has_hosts_ = true;
    enter();
  };
  ask_here<run_book_actor>(
    self_, *services_, run_book_name, then, hosts_to_take{held_, id_, plan().allows_parallel});
}

void run_job::wait_for_hosts(const expected<storage::run_lock_answer>& answer) {
  if (!answer && (answer.error() == ec::fenced || answer.error() == ec::not_found))
    return quit();
  if (services_->places)
    services_->places->leave(id_); // Others need not wait with it.
  if (answer)
    return wait_because("run " + answer->holder + " is at work on host " + answer->host,
                        looks_++ < quick_looks ? look_again : look_rarely);
  wake_in(look_again); // Another one was faster, or the store does not answer.
}

void run_job::find_key() {
  is_busy_ = true;
  auto then = [this](expected<opened_vault> key) {
    is_busy_ = false;
    if (key) {
      key_ = key->data_key;
      return enter();
    }
    if (key.error() == ec::vault_key && wish_ == "stop") {
      given_up_ += std::exchange(remnants_, {}).size();
      return enter();
    }
    if (key.error() == ec::vault_key)
      return wait_for_user(
        "waiting_for_key", "needs the vault key of " + job_.user, job_status::waiting_for_key);
    wake_in(read_again_in);
  };
  ask_here<full_run_keys_actor>(self_, *services_, run_keys_name, then, key_of_run{id_});
}

void run_job::start() {
  auto x = change();
  x.job_state = job_status::running;
  x.state = std::pair{std::string{"running"}, std::string{}};
  if (started_ms_ == 0)
    x.started_ms = started_ms_ = now_ms();
  reason_.clear();
  log_.run_is(now_ms(), "running", {});
  store(std::move(x), [this] {
    began_ = self_->clock().now();
    go_on();
  });
}

} // namespace aops::actors
