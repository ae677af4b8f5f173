#include "actors/jobs/unit_runner.hpp"

#include "messages/caf_error.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds retry{1};
constexpr std::chrono::milliseconds longest_wait{5000};

bool is_final(const std::string& state) {
  return state == "done" || state == "failed" || state == "cancelled";
}

} // namespace

job_actor_state::job_actor_state() = default;
job_actor_state::~job_actor_state() = default;

unit_runner::unit_runner(job_pointer self, job_services_ptr services, std::string job)
    : self_(self), services_(std::move(services)), id_(std::move(job)) {}

void unit_runner::begin() {
  auto store = services_->names->find_as<job_store_actor>(job_store_name);
  if (!store) {
    wake_in(retry);
    return;
  }
  self_->request(store, store_deadline(), load_job{id_})
    .then([this](job_state& state) { loaded(std::move(state)); },
          [this](const caf::error& e) {
            auto why = from_caf(e);
            if (why == ec::not_found)
              return self_->quit();
            log::warn("job-not-read", "job {}: {}", id_, to_string(why));
            wake_in(retry);
          });
}

void unit_runner::loaded(job_state state) {
  job_ = state.job;
  if (is_final(job_.state))
    return self_->quit();
  auto done = state.done_units;
  auto count = read_plan(state);
  if (!count) {
    log::error("job-plan-broken", "job {}: {}", id_, to_string(count.error()));
    return move_to("failed");
  }
  units_.emplace(*count, done, schedule::unit_limits{});
  if (job_.state == "pending")
    return move_to("running");
  pump();
}

void unit_runner::move_to(std::string state) {
  auto store = services_->names->find_as<job_store_actor>(job_store_name);
  if (!store) {
    units_.reset(); // Begins anew when the store is back.
    wake_in(retry);
    return;
  }
  self_
    ->request(
      store, store_deadline(), job_to_move{services_->slots->fence_of(id_), id_, std::move(state)})
    .then(
      [this](const job_progress& progress) {
        announce(progress);
        if (is_final(progress.state))
          return self_->quit();
        pump();
      },
      [this](const caf::error& e) {
        if (auto why = from_caf(e); why == ec::fenced || why == ec::not_found)
          return self_->quit();
        units_.reset();
        wake_in(retry);
      });
}

void unit_runner::wake_in(std::chrono::milliseconds wait) {
  auto due = self_->clock().now() + wait;
  if (tick_due_ && *tick_due_ <= due)
    return; // It looks at everything.
  tick_due_ = due;
  self_->delayed_send(self_, wait, atom::tick_v);
}

void unit_runner::on_tick() {
  if (!tick_due_ || self_->clock().now() < *tick_due_)
    return; // Overtaken: ticks cannot be called back, and each one that led to another would
            // multiply.
  tick_due_.reset();
  if (units_)
    pump();
  else
    begin();
}

void unit_runner::pump() {
  auto now = now_ms();
  while (auto unit = units_->next(now)) {
    if (is_past_deadline())
      commit(give_up(*unit, "the job's deadline passed"));
    else
      ask_for(*unit);
  }
  if (units_->is_finished())
    return;
  auto wait = longest_wait.count();
  if (auto due = units_->next_due_ms())
    wait = std::min(wait, std::max<int64_t>(1, *due - now));
  if (job_.deadline_ms > now)
    wait = std::min(wait, job_.deadline_ms - now);
  wake_in(std::chrono::milliseconds{wait});
}

void unit_runner::answered(int64_t unit, expected<unit_to_commit> answer) {
  if (answer) {
    answer->attempts = units_->attempts(unit);
    return commit(std::move(*answer));
  }
  if (is_past_deadline())
    return commit(
      give_up(unit, "the job's deadline passed; last answer: " + to_string(answer.error())));
  if (units_->failed(unit, now_ms())) {
    log::warn("unit-given-up", "job {} gives up unit {}: {}", id_, unit, to_string(answer.error()));
    return commit(give_up(unit, to_string(answer.error())));
  }
  pump();
}

void unit_runner::commit(unit_to_commit what) {
  auto unit = what.unit;
  what.held = services_->slots->fence_of(id_);
  what.job = id_;
  what.owner = job_.owner;
  auto later = [this, unit](const error& why) {
    if (why == ec::fenced || why == ec::not_found)
      return self_->quit();
    log::warn(
      "unit-not-stored", "job {} will ask for unit {} again: {}", id_, unit, to_string(why));
    units_->put_back(unit, now_ms());
    pump();
  };
  auto store = services_->names->find_as<job_store_actor>(job_store_name);
  if (!store)
    return later({ec::unreachable, "the job store is down"});
  self_->request(store, store_deadline(), std::move(what))
    .then([this, unit](const job_progress& progress) { committed(unit, progress); },
          [later](const caf::error& e) { later(from_caf(e)); });
}

void unit_runner::committed(int64_t unit, const job_progress& progress) {
  units_->stored(unit);
  announce(progress);
  if (is_final(progress.state)) {
    log::info("job-ended",
              "{} job {} is {}: {} of {} results, {} of them errors",
              job_.kind,
              id_,
              progress.state,
              progress.finished,
              progress.expected,
              progress.failed);
    return self_->quit();
  }
  if (units_->is_finished()) // Every unit is stored, and yet fewer results than expected.
    return move_to("failed");
  pump();
}

void unit_runner::announce(const job_progress& progress) {
  if (auto region = services_->names->find_as<jobs_actor>(jobs_name))
    self_->send(region, progress);
  if (auto listener = services_->names->find_as<progress_actor>(progress_name))
    self_->send(listener, progress);
}

} // namespace aops::actors
