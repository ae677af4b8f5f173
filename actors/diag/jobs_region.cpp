#include "actors/diag/jobs_region.hpp"

#include "actors/check/check_job.hpp"
#include "actors/diag/diag_job.hpp"
#include "actors/diag/jobs_intake.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <set>
#include <span>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds look_every{2};
constexpr std::chrono::seconds child_deadline{30};

/// How long after its deadline a hand-over may still take effect. Then the slot has stayed.
constexpr int64_t release_grace_ms = 3000;

using known_job = jobs_region_state::known_job;

uint64_t epoch_of(const jobs_region_state& st, const std::string& job) {
  return st.services->slots->fence_of(job).epoch;
}

bool is_ours(const jobs_region_state& st, uint16_t slot) {
  return st.services->slots->owns(slot) &&
         st.released_until_ms[slot] <= st.services->clock->now_ms();
}

// -- running

void start_more(jobs_region_pointer self) {
  auto& st = self->state;
  auto parent = st.services->names->find_as<supervisor_actor>(job_children_name);
  if (!parent)
    return; // The next look tries again.
  while (auto id = st.queue.next()) {
    auto& job = st.jobs[*id];
    job.epoch = epoch_of(st, *id);
    job.is_starting = true;
    child_spec spec;
    spec.name = job_name_of(*id);
    spec.restart = restart_kind::transient;
    auto behaviour = job.kind == "check" ? check_job : diag_job;
    spec.start = spawns(behaviour, st.services, *id);
    auto answered = [self, id = *id] {
      if (auto it = self->state.jobs.find(id); it != self->state.jobs.end())
        it->second.is_starting = false;
    };
    self->request(parent, child_deadline, start_child{std::move(spec)})
      .then([answered](const caf::actor&) { answered(); },
            [self, answered, id = *id](const caf::error& e) {
              answered();
              if (auto why = from_caf(e); !(why == ec::conflict)) {
                log::warn("job-not-started", "job {}: {}", id, to_string(why));
                self->state.queue.ended(id); // Found again by the next look.
                self->state.jobs.erase(id);
              }
            });
  }
}

void enqueue(jobs_region_pointer self, const job_record& job) {
  auto& st = self->state;
  if (!is_ours(st, job.slot))
    return;
  if (auto it = st.stopping.find(job.id); it != st.stopping.end()) {
    it->second = true;
    return;
  }
  if (st.queue.add(job.owner, job.id))
    st.jobs[job.id] = known_job{job.kind, job.slot, 0, false, st.looks};
  start_more(self);
}

void ended(jobs_region_pointer self, const std::string& id) {
  self->state.queue.ended(id);
  self->state.jobs.erase(id);
  start_more(self);
}

void look_soon(jobs_region_pointer self, std::span<const uint16_t> slots);

/// Ends a job's actor, if there is one, and then does the rest.
void stop(
  jobs_region_pointer self, const std::string& id, std::function<void()> then = [] {}) {
  auto& st = self->state;
  auto parent = st.services->names->find_as<supervisor_actor>(job_children_name);
  if (!parent)
    return then();
  st.stopping.emplace(id, false);
  auto stopped = [self, id, then] {
    auto it = self->state.stopping.find(id);
    bool is_wanted = it != self->state.stopping.end() && it->second;
    if (it != self->state.stopping.end())
      self->state.stopping.erase(it);
    then();
    auto slot = schedule::slot_of(id);
    if (is_wanted)
      look_soon(self, {&slot, 1});
  };
  self->request(parent, child_deadline, stop_child{job_name_of(id)})
    .then(stopped, [stopped](const caf::error&) { stopped(); });
}

std::vector<std::string> jobs_in(const jobs_region_state& st, const std::set<uint16_t>& slots) {
  std::vector<std::string> ids;
  for (const auto& [id, job] : st.jobs)
    if (slots.contains(job.slot))
      ids.push_back(id);
  return ids;
}

// -- looking

/// A job whose actor ended without its state saying so, or that runs under an epoch of the past.
bool is_stale(const jobs_region_state& st, const std::string& id, const known_job& job) {
  if (job.epoch == 0 || job.is_starting)
    return false;
  return job.epoch != epoch_of(st, id) || !st.services->names->find(job_name_of(id));
}

void forget(jobs_region_pointer self, const std::vector<std::string>& ids);

/// What a look found. @param is_all It looked at all slots.
void take_open(jobs_region_pointer self, const job_records& found, bool is_all) {
  auto& st = self->state;
  std::set<std::string> open;
  for (const auto& job : found.jobs)
    open.insert(job.id);
  std::vector<std::string> gone, stale;
  for (const auto& [id, job] : st.jobs)
    if (is_stale(st, id, job))
      stale.push_back(id);
    else if (is_all && !open.contains(id) && job.look < st.looks)
      gone.push_back(id); // Cancelled through another node.
  forget(self, gone);
  for (const auto& id : stale) {
    bool is_of_the_past = st.jobs[id].epoch != epoch_of(st, id);
    st.queue.ended(id);
    st.jobs.erase(id);
    if (is_of_the_past)
      stop(self, id);
  }
  for (const auto& job : found.jobs)
    enqueue(self, job);
  start_more(self);
}

/// Looks at what was asked for meanwhile; one look at a time.
void look_next(jobs_region_pointer self) {
  auto& st = self->state;
  if (st.is_looking)
    return;
  auto some = std::exchange(st.must_look_at, {});
  bool is_all = std::exchange(st.must_look_all, false);
  open_jobs query;
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    if ((is_all || some.contains(slot)) && is_ours(st, slot))
      query.slots.push_back(slot);
  if (query.slots.empty())
    return;
  st.is_looking = true;
  ++st.looks;
  auto then = [self, is_all](expected<job_records> found) {
    self->state.is_looking = false;
    if (found)
      take_open(self, *found, is_all);
    else
      log::warn("jobs-not-read", "{}", to_string(found.error()));
    look_next(self);
  };
  ask<job_store_actor, job_records>(self, job_store_name, then, query);
}

void look_soon(jobs_region_pointer self, std::span<const uint16_t> slots) {
  self->state.must_look_at.insert(slots.begin(), slots.end());
  look_next(self);
}

/// Looks at everything; its own tick comes again whoever else sends one.
void on_tick(jobs_region_pointer self) {
  auto& st = self->state;
  auto now = self->clock().now();
  if (!st.tick_due || *st.tick_due <= now) {
    st.tick_due = now + look_every;
    self->delayed_send(self, look_every, atom::tick_v);
  }
  st.services->moves->look(*st.services->map->get(), st.services->clock->now_ms());
  st.must_look_all = true;
  look_next(self);
}

// -- slots that come and go

void end_in(jobs_region_pointer self, const std::set<uint16_t>& slots) {
  for (const auto& id : jobs_in(self->state, slots)) {
    stop(self, id);
    self->state.queue.ended(id);
    self->state.jobs.erase(id);
  }
}

void on_slots(jobs_region_pointer self, const slots_changed& x) {
  auto& st = self->state;
  auto now = st.services->clock->now_ms();
  for (const auto* some : {&x.gained, &x.lost}) {
    st.services->moves->changed(*some, now);
    for (auto slot : *some)
      st.released_until_ms.at(slot) = 0;
  }
  end_in(self, {x.lost.begin(), x.lost.end()});
  start_more(self);          // Of other slots.
  look_soon(self, x.gained); // Finds those that run under an older epoch, too.
}

/// What is under way is dropped: the next owner asks for it again, which is harmless.
caf::result<done> release(jobs_region_pointer self, const slots_to_release& x) {
  auto& st = self->state;
  auto until = std::max(x.deadline_ms, st.services->clock->now_ms()) + release_grace_ms;
  for (auto slot : x.slots)
    st.released_until_ms.at(slot) = until;
  auto ids = jobs_in(st, {x.slots.begin(), x.slots.end()});
  auto promise = self->make_response_promise<done>();
  auto left = std::make_shared<size_t>(ids.size() + 1);
  auto one_less = [promise, left]() mutable {
    if (--*left == 0)
      promise.deliver(done{});
  };
  for (const auto& id : ids) {
    st.queue.ended(id);
    st.jobs.erase(id);
    stop(self, id, one_less);
  }
  one_less();
  start_more(self); // Of other slots.
  return promise;
}

// -- cancelling

/// Tells streams that wait for the job where it stands now.
void announce(jobs_region_pointer self, const std::string& id) {
  auto then = [self](expected<job_state> found) {
    auto listener = self->state.services->names->find_as<progress_actor>(progress_name);
    if (!found || !listener)
      return;
    const auto& job = found->job;
    job_progress news{job.id, job.state, job.expected, job.finished, job.failed, 0};
    news.last_number = job.kind == "diag" ? job.finished : 0;
    self->send(listener, news);
  };
  ask<job_store_actor, job_state>(self, job_store_name, then, load_job{id});
}

/// Ended in the store already.
void forget(jobs_region_pointer self, const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    stop(self, id);
    ended(self, id);
    announce(self, id);
  }
}

caf::result<tasks_cancelled>
cancel(jobs_region_pointer self, const caller& who, const tasks_to_cancel& x) {
  auto promise = self->make_response_promise<tasks_cancelled>();
  auto then = [self, promise](expected<tasks_cancelled> done) mutable {
    if (!done)
      return void(promise.deliver(to_caf(done.error())));
    auto& st = self->state;
    for (const auto& id : done->cancelled)
      if (!st.services->slots->owns(schedule::slot_of(id)))
        tell_entity(
          *st.services->names, id, std::string{jobs_name}, caf::make_message(jobs_cancelled{{id}}));
    forget(self, done->cancelled); // The streams of this node hear of it at once.
    promise.deliver(std::move(*done));
  };
  ask<job_store_actor, tasks_cancelled>(self, job_store_name, then, who, x);
  return promise;
}

} // namespace

void job_stored(jobs_region_pointer self, const job_record& job) {
  const auto& services = *self->state.services;
  if (services.slots->owns(job.slot))
    return enqueue(self, job);
  tell_entity(
    *services.names, job.id, std::string{jobs_name}, caf::make_message(jobs_added{{job.id}}));
}

jobs_actor::behavior_type jobs_region(jobs_region_pointer self, job_services_ptr services) {
  prepare(self);
  auto& st = self->state;
  st.queue = schedule::fair_queue{static_cast<size_t>(services->config->diag.max_running)};
  st.services = std::move(services);
  self->send(self, atom::tick_v);
  return {
    [self](const caller& who, const diag_to_execute& x) { return take_diag(self, who, x); },
    [self](const caller& who, const check_to_execute& x) { return take_check(self, who, x); },
    [self](const caller& who, const tasks_to_cancel& x) { return cancel(self, who, x); },
    [self](const job_progress& x) {
      if (is_final_state(x.state))
        ended(self, x.job);
    },
    [self](const jobs_added& x) {
      for (const auto& id : x.jobs) {
        auto slot = schedule::slot_of(id);
        look_soon(self, {&slot, 1});
      }
    },
    [self](const jobs_cancelled& x) { forget(self, x.jobs); },
    [self](const slots_changed& x) { on_slots(self, x); },
    [self](const slots_to_release& x) { return release(self, x); },
    [self](atom::tick) { on_tick(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
