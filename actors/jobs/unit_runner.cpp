#include "actors/jobs/unit_runner.hpp"

#include "actors/jobs/job_intake.hpp"
#include "actors/store/job_store.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds retry{1};
constexpr std::chrono::milliseconds longest_wait{5000};

/// Units whose last failure is remembered for those who ask.
constexpr size_t most_refused = 256;

} // namespace

unit_runner::unit_runner(job_pointer self, job_services_ptr services, std::string job)
    : self_(self), services_(std::move(services)), id_(std::move(job)),
      held_(services_->slots->fence_of(id_)) {}

std::chrono::milliseconds unit_runner::unit_deadline() const {
  auto limit = kind_->limits(*services_->config).unit_timeout.count();
  if (job_.deadline_ms > 0)
    limit = std::clamp<int64_t>(job_.deadline_ms - now_ms(), 1, limit);
  return std::chrono::milliseconds{limit};
}

void unit_runner::begin() {
  auto then = [this](expected<job_state> state) {
    if (state)
      return loaded(std::move(*state));
    if (state.error() == ec::not_found)
      return self_->quit();
    if (!std::exchange(is_trouble_told_, true))
      log::warn(
        "job-not-read", "job {} tries again until it can: {}", id_, to_string(state.error()));
    wake_in(retry);
  };
  ask_here<job_store_actor>(self_, *services_, job_store_name, then, load_job{id_});
}

void unit_runner::loaded(job_state state) {
  is_trouble_told_ = false;
  job_ = state.job;
  kind_ = services_->kinds->find(job_.kind);
  if (!kind_ || is_final(job_.state) || is_waiting_for_user(job_.state))
    return self_->quit();
  if (!kind_->is_repeatable && !state.begun_units.empty()) {
    log::warn("job-interrupted",
              "{} job {} waits for its user: {} of its units may have acted, and their end is not "
              "known",
              job_.kind.text,
              id_,
              state.begun_units.size());
    return move_to(job_status::interrupted);
  }
  auto done = state.done_units;
  auto count = read_plan(state);
  if (!count) {
    log::error("job-plan-broken", "job {}: {}", id_, to_string(count.error()));
    return move_to(job_status::failed);
  }
  if (lacks_key())
    return move_to(job_status::waiting_for_key);
  units_.emplace(*count, done, schedule::unit_limits{});
  asked_.clear();
  refused_.clear();
  troubled_.clear();
  is_closing_ = false;
  if (job_.state == job_status::pending)
    return move_to(job_status::running);
  // It moved here, or its actor was restarted: those who watch hear that it goes on.
  announce({id_, job_.state, job_.expected, job_.finished, job_.failed, job_.last_number});
  pump();
}

void unit_runner::move_to(job_status state) {
  auto then = [this](const expected<job_progress>& progress) {
    if (!progress) {
      if (progress.error() == ec::fenced || progress.error() == ec::not_found)
        return self_->quit();
      units_.reset(); // Begins anew when the store is back.
      return wake_in(retry);
    }
    announce(*progress);
    if (is_final(progress->state) || is_waiting_for_user(progress->state))
      return self_->quit();
    pump();
  };
  ask_here<job_store_actor>(
    self_, *services_, job_store_name, then, job_to_move{held_, id_, state});
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
    return; // Overtaken: ticks cannot be called back; each that led to another would multiply.
  tick_due_.reset();
  if (units_)
    pump();
  else
    begin();
}

/// Where units go: the lane is the node that owns the host, so that a slow node holds up nobody
/// else's units.
schedule::unit_queue::place_of unit_runner::places() const {
  return [this, view = services_->map->get()](int64_t unit) {
    auto host = host_of(unit);
    auto slot = schedule::slot_of(host.id);
    std::string_view owner;
    if (slot < view->slots.size())
      owner = view->slots[slot].node;
    auto lane = static_cast<uint32_t>(std::hash<std::string_view>{}(owner));
    return schedule::unit_place{lane, host.number};
  };
}

/// The deadline has passed: whoever has not answered is not waited for any longer.
void unit_runner::close() {
  if (std::exchange(is_closing_, true))
    return;
  for (const auto& [unit, since] : std::exchange(asked_, {}))
    units_->recall(unit);
  units_->hurry();
}

void unit_runner::pump() {
  auto now = now_ms();
  if (is_past_deadline())
    close();
  for (auto& what : std::exchange(unstored_, {}))
    commit(std::move(what));
  if (is_wound_up() || !may_begin())
    return;
  auto where = places();
  while (auto unit = units_->next(now, where)) {
    if (is_closing_) {
      commit(give_up(*unit, "the job's deadline passed"));
    } else if (kind_->is_repeatable) {
      asked_.emplace(*unit, now);
      ask_for(*unit);
    } else {
      begin_unit(*unit);
    }
    if (!units_)
      return; // It begins anew.
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

// -- units that act

/// Whether units may be asked for now. To give up is always allowed.
bool unit_runner::may_begin() {
  if (kind_->is_repeatable || is_closing_ || services_->is_sure())
    return true;
  wake_in(retry);
  return false;
}

void unit_runner::begin_unit(int64_t unit) {
  auto then = [this, unit](const expected<job_progress>& progress) {
    if (progress)
      return begun(unit, *progress);
    const auto& why = progress.error();
    if (why == ec::fenced || why == ec::not_found)
      return self_->quit();
    log::warn("unit-not-begun", "job {} begins unit {} later: {}", id_, unit, to_string(why));
    units_->put_back(unit, now_ms());
    wake_in(retry);
  };
  storage::unit_to_begin order{held_, id_, unit, units_->attempts(unit)};
  ask_here<full_job_store_actor>(self_, *services_, job_store_name, then, order);
}

/// It is stored that the unit may act from now on; it has not been asked for yet.
void unit_runner::begun(int64_t unit, const job_progress& progress) {
  if (progress.state != job_status::running)
    return self_->quit(); // Somebody else ended it.
  // Time has passed, and the lease with it, perhaps. What is to end only goes on: left begun, the
  // unit would be taken for one that may have acted.
  if (is_closing_ || !services_->is_sure()) {
    units_->put_back(unit, now_ms());
    return pump();
  }
  asked_.emplace(unit, now_ms());
  ask_for(unit);
}

void unit_runner::wind_up(std::function<void()> ended) {
  if (!units_ || !kind_ || kind_->is_repeatable) {
    ended();
    return self_->quit();
  }
  when_wound_up_ = std::move(ended);
  is_wound_up();
}

/// Ends the actor when it is to end and nothing is under way. @returns Whether it is to end.
bool unit_runner::is_wound_up() {
  if (!when_wound_up_)
    return false;
  if (units_->in_flight() > 0) {
    wake_in(retry);
  } else {
    when_wound_up_();
    self_->quit();
  }
  return true;
}

// -- answers

/// Whether a failure says nothing about the host: its slot changes hands right now. For a while
/// only, so that a host that never answers ends with its reason.
bool unit_runner::is_excused(int64_t unit, const error& why) {
  bool is_of_moves =
    why == ec::moved || why == ec::unreachable || why == ec::timed_out || why == ec::fenced;
  if (!is_of_moves)
    return false;
  auto now = now_ms();
  services_->moves->look(*services_->map->get(), now);
  if (services_->moves->is_settled(schedule::slot_of(host_of(unit).id), now))
    return false;
  auto since = troubled_.emplace(unit, now).first->second;
  return now - since < slot_watch::settling_ms;
}

void unit_runner::answered(int64_t unit, expected<storage::unit_to_commit> answer) {
  if (asked_.erase(unit) == 0 || !units_)
    return; // Given up meanwhile.
  if (answer) {
    answer->attempts = units_->attempts(unit);
    return commit(std::move(*answer));
  }
  auto& why = answer.error();
  if (refused_.size() < most_refused || refused_.contains(unit))
    refused_[unit] = to_string(why);
  why.detail =
    "host " + std::string{host_of(unit).id} + (why.detail.empty() ? "" : ": ") + why.detail;
  if (is_past_deadline())
    return commit(give_up(unit, "the job's deadline passed; last answer: " + to_string(why)));
  if (!kind_->is_repeatable)
    return give_up_on(unit, why); // It may have acted.
  if (is_excused(unit, why))
    units_->put_back(unit, now_ms());
  else if (units_->failed(unit, now_ms()))
    return give_up_on(unit, why);
  pump();
}

void unit_runner::give_up_on(int64_t unit, const error& why) {
  if (auto untold = given_up_.due(now_ms()))
    log::warn("unit-given-up",
              "job {} gives up unit {}{}: {}",
              id_,
              unit,
              *untold == 0 ? "" : ", and " + std::to_string(*untold) + " before it",
              to_string(why));
  commit(give_up(unit, to_string(why)));
}

void unit_runner::commit(storage::unit_to_commit what) {
  what.held = held_;
  what.job = id_;
  what.owner = job_.owner;
  what.outcome = kind_->outcome;
  auto then = [this, what](const expected<job_progress>& progress) {
    if (progress)
      committed(what.unit, *progress);
    else
      not_stored(what, progress.error());
  };
  ask_here<full_job_store_actor>(self_, *services_, job_store_name, then, what);
}

void unit_runner::not_stored(storage::unit_to_commit what, const error& why) {
  if (why == ec::fenced || why == ec::not_found)
    return self_->quit();
  auto unit = what.unit;
  if (!kind_->is_repeatable) {
    log::warn("unit-not-stored", "job {} will store unit {} again: {}", id_, unit, to_string(why));
    unstored_.push_back(std::move(what));
    return wake_in(retry);
  }
  log::warn("unit-not-stored", "job {} will ask for unit {} again: {}", id_, unit, to_string(why));
  units_->put_back(unit, now_ms());
  pump();
}

void unit_runner::committed(int64_t unit, const job_progress& progress) {
  units_->stored(unit);
  troubled_.erase(unit);
  refused_.erase(unit);
  announce(progress);
  if (is_final(progress.state)) {
    log::info("job-ended",
              "{} job {} is {}: {} of {} results, {} of them errors",
              job_.kind.text,
              id_,
              text_of(progress.state),
              progress.finished,
              progress.expected,
              progress.failed);
    return self_->quit();
  }
  if (units_->is_finished()) // Every unit is stored, and yet fewer results than expected.
    return move_to(job_status::failed);
  pump();
}

task_waits unit_runner::waits() const {
  task_waits out;
  out.task_id = id_;
  if (!units_)
    return out;
  auto view = services_->map->get();
  std::map<std::string_view, awaited_host> hosts;
  auto add = [&](int64_t unit, int64_t since_ms, const std::string& why) {
    auto id = host_of(unit).id;
    auto [place, is_new] = hosts.try_emplace(id);
    auto& x = place->second;
    if (is_new) {
      auto slot = schedule::slot_of(id);
      x.host_id = id;
      x.node = slot < view->slots.size() ? view->slots[slot].node : std::string{};
      x.since.ms = since_ms;
    }
    x.since.ms = std::min(x.since.ms, since_ms);
    x.attempts = std::max(x.attempts, units_->attempts(unit));
    if (!why.empty())
      x.last_error = why;
  };
  for (const auto& [unit, since_ms] : asked_) {
    auto failed = refused_.find(unit);
    add(unit, since_ms, failed == refused_.end() ? std::string{} : failed->second);
  }
  for (const auto& [unit, why] : refused_)
    if (!asked_.contains(unit))
      add(unit, now_ms(), why); // In its back-off.
  for (auto& [id, x] : hosts)
    out.waits_for.push_back(std::move(x));
  out.hosts = static_cast<int64_t>(out.waits_for.size());
  std::stable_sort(
    out.waits_for.begin(), out.waits_for.end(), [](const awaited_host& a, const awaited_host& b) {
      return a.since.ms < b.since.ms;
    });
  out.waits_for.resize(std::min(out.waits_for.size(), task_waits::most_shown));
  return out;
}

void unit_runner::announce(const job_progress& progress) {
  tell<jobs_actor>(*services_->names, jobs_name, progress);
  tell<progress_actor>(*services_->names, progress_name, progress);
}

job_actor::behavior_type run(job_pointer self, std::unique_ptr<job_work> work) {
  prepare(self, job_name_of(work->id()));
  self->state.work = std::move(work);
  self->state.work->begin();
  return {
    [self](atom::stop) -> caf::result<done> {
      auto promise = self->make_response_promise<done>();
      self->state.work->wind_up([promise]() mutable { promise.deliver(done{}); });
      return promise;
    },
    [self](const get_task_waits&) { return self->state.work->waits(); },
    [self](atom::tick) { self->state.work->on_tick(); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
