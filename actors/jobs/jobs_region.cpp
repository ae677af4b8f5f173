#include "actors/jobs/jobs_region.hpp"

#include "actors/jobs/job_intake.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "messages/names.hpp"
#include "messages/roles/diag.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/job.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/job_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds look_every{2};

/// Beyond the deadline of a hand-over, for the answer of a job that ends in order.
constexpr std::chrono::milliseconds answer_grace{500};

/// While so many are known, news of many others wait for the next look at everything.
constexpr size_t plenty = 5000;

/// News of no more than that are no flood.
constexpr size_t few_news = 4;

/// For a job to say what it waits for.
constexpr std::chrono::seconds waits_patience{3};

constexpr size_t most_found = static_cast<size_t>(storage::job_repository::most_open_at_once);

/// Slots of a look around.
constexpr size_t most_around = 16;

using known_job = jobs_region_state::known_job;

// -- running

/// It neither waits nor runs any more.
void drop(jobs_region_state& st, const std::string& id) {
  auto it = st.jobs.find(id);
  if (it == st.jobs.end())
    return;
  st.queues.at(it->second.kind).ended(id);
  st.jobs.erase(it);
}

void start_one(jobs_region_pointer self, const std::string& id) {
  auto& st = self->state;
  auto& job = st.jobs[id];
  job.epoch = st.region.epoch_of(id);
  job.is_starting = true;
  child_spec spec;
  spec.name = job_name_of(id);
  spec.restart = restart_kind::transient;
  spec.start = spawns(job.kind->behaviour, st.services, id);
  auto then = [self, id](const expected<caf::actor>& started) {
    if (auto it = self->state.jobs.find(id); it != self->state.jobs.end())
      it->second.is_starting = false;
    if (started || started.error() == ec::conflict)
      return;
    log::warn("job-not-started", "job {}: {}", id, to_string(started.error()));
    drop(self->state, id); // Found again by the next look.
  };
  ask<supervisor_actor>(self,
                        *st.services->names,
                        job_children_name,
                        child_deadline,
                        then,
                        start_child{std::move(spec)});
}

void start_more(jobs_region_pointer self) {
  auto& st = self->state;
  if (!st.services->names->find(job_children_name))
    return; // The next look tries again.
  for (auto& [kind, queue] : st.queues)
    while (auto id = queue.next())
      start_one(self, *id);
}

void enqueue(jobs_region_pointer self, const job_record& job) {
  auto& st = self->state;
  if (!st.region.is_ours(job.slot))
    return;
  const auto* kind = st.services->kinds->find(job.kind);
  if (!kind) {
    if (st.unknown_kinds.insert(job.kind).second)
      log::warn(
        "job-kind-unknown", "jobs of kind {} wait: this release does not know it", job.kind.text);
    return;
  }
  if (auto it = st.stopping.find(job.id); it != st.stopping.end()) {
    it->second = true;
    return;
  }
  if (st.queues.at(kind).add(job.owner, job.id)) {
    st.jobs[job.id] = known_job{kind, job.slot, 0, false, st.looks, job.state};
    tell_changed(*st.services->names, kind->lists);
  }
  start_more(self);
}

void ended(jobs_region_pointer self, const std::string& id) {
  auto& st = self->state;
  if (auto it = st.jobs.find(id); it != st.jobs.end())
    tell_changed(*st.services->names, it->second.kind->lists);
  drop(st, id);
  start_more(self);
}

void look_soon(jobs_region_pointer self, std::span<const uint16_t> slots);

/// Ends a job's actor, if there is one, and then does the rest.
void stop(
  jobs_region_pointer self, const std::string& id, std::function<void()> then = [] {}) {
  auto& stopping = self->state.stopping;
  stopping.emplace(id, false);
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
  end_child(self, *self->state.services->names, job_children_name, job_name_of(id), stopped);
}

void got_on(jobs_region_pointer self, const job_progress& x) {
  auto& st = self->state;
  if (is_final(x.state) || is_waiting_for_user(x.state))
    return ended(self, x.job);
  auto it = st.jobs.find(x.job);
  if (it != st.jobs.end() && std::exchange(it->second.state, x.state) != x.state)
    tell_changed(*st.services->names, it->second.kind->lists);
}

// -- looking

/// A job whose actor ended without its state saying so, or that runs under an epoch of the past.
bool is_stale(const jobs_region_state& st, const std::string& id, const known_job& job) {
  if (job.epoch == 0 || job.is_starting)
    return false;
  return job.epoch != st.region.epoch_of(id) || !st.services->names->find(job_name_of(id));
}

void forget(jobs_region_pointer self, const std::vector<std::string>& ids);

/// An owner's jobs beyond that stay in the store until their turn is nearer.
bool has_room_for(const jobs_region_state& st, const job_record& job) {
  const auto* kind = st.services->kinds->find(job.kind);
  return !kind || st.queues.at(kind).waiting_of(job.owner) < most_found;
}

/// What a look found. @param is_all It looked at all slots.
void take_open(jobs_region_pointer self, const job_records& found, bool is_all) {
  auto& st = self->state;
  // Of more than that nobody knows whether they are open still.
  bool is_complete = is_all && found.jobs.size() < most_found;
  if (is_all)
    st.is_all_known = is_complete;
  std::set<std::string_view> open;
  if (is_complete)
    for (const auto& job : found.jobs)
      open.insert(job.id);
  std::vector<std::string> gone, stale;
  for (const auto& [id, job] : st.jobs)
    if (is_stale(st, id, job))
      stale.push_back(id);
    else if (is_complete && !open.contains(id) && job.look < st.looks)
      gone.push_back(id); // Cancelled through another node.
  forget(self, gone);
  for (const auto& id : stale) {
    bool is_of_the_past = st.jobs[id].epoch != st.region.epoch_of(id);
    drop(st, id);
    if (is_of_the_past)
      stop(self, id);
  }
  for (const auto& job : found.jobs)
    if (has_room_for(st, job))
      enqueue(self, job);
  start_more(self);
}

/// A look at everything finds the oldest. Where there are more, a few slots after the other are
/// looked at: else who came late would wait for all before him, whosever they are.
void look_around(jobs_region_state& st) {
  auto ours = st.region.ours();
  for (size_t i = 0; i < std::min(st.around_at_once, ours.size()); ++i)
    st.must_look_at.insert(ours[st.around++ % ours.size()]);
}

/// Of fewer slots at once all is found.
void fit_around(jobs_region_state& st, size_t found) {
  if (found >= most_found)
    st.around_at_once = std::max<size_t>(1, st.around_at_once / 2);
  else if (found < most_found / 4)
    st.around_at_once = std::min(most_around, 2 * st.around_at_once);
}

/// Looks at what was asked for meanwhile; one look at a time.
void look_next(jobs_region_pointer self) {
  auto& st = self->state;
  if (st.is_looking)
    return;
  bool is_all = std::exchange(st.must_look_all, false);
  if (is_all && st.is_all_known)
    st.must_look_at.clear(); // Found with everything.
  open_jobs query;
  if (is_all) {
    query.slots = st.region.ours();
  } else {
    auto some = std::exchange(st.must_look_at, {});
    query.slots = st.region.ours_of(std::vector<uint16_t>(some.begin(), some.end()));
  }
  if (query.slots.empty())
    return;
  st.is_looking = true;
  ++st.looks;
  auto then = [self, is_all](expected<job_records> found) {
    self->state.is_looking = false;
    if (found && !is_all)
      fit_around(self->state, found->jobs.size());
    if (found)
      take_open(self, *found, is_all);
    else
      log::warn("jobs-not-read", "{}", to_string(found.error()));
    look_next(self);
  };
  ask_here<job_store_actor>(self, *st.services, job_store_name, then, query);
}

void look_soon(jobs_region_pointer self, std::span<const uint16_t> slots) {
  self->state.must_look_at.insert(slots.begin(), slots.end());
  look_next(self);
}

/// Looks at everything; where that is more than a look finds, when few are left of what it found.
/// Its own tick comes again whoever else sends one.
void on_tick(jobs_region_pointer self) {
  auto& st = self->state;
  st.tick.again(self, look_every);
  st.services->moves->look(*st.services->map->get(), st.services->clock->now_ms());
  st.must_look_all = st.is_all_known || st.jobs.size() < plenty;
  if (!st.is_all_known)
    look_around(st);
  look_next(self);
}

// -- slots that come and go

void on_slots(jobs_region_pointer self, const slots_changed& x) {
  auto& st = self->state;
  auto now = st.services->clock->now_ms();
  for (const auto* some : {&x.gained, &x.lost})
    st.services->moves->changed(*some, now);
  st.region.changed(x);
  for (const auto& id : ids_in(st.jobs, x.lost)) {
    stop(self, id);
    drop(st, id);
  }
  start_more(self);          // Of other slots.
  look_soon(self, x.gained); // Finds those that run under an older epoch, too.
}

/// What is under way and repeatable is dropped: the next owner asks for it again. What acts is
/// given time to end: cut off, it would be left to its user.
caf::result<done> release(jobs_region_pointer self, const slots_to_release& x) {
  auto& st = self->state;
  st.region.released(x);
  auto ids = ids_in(st.jobs, x.slots);
  auto promise = self->make_response_promise<done>();
  auto one_less = after_all(ids.size() + 1, [promise]() mutable { promise.deliver(done{}); });
  auto left = std::max<int64_t>(0, x.deadline_ms - st.services->clock->now_ms());
  for (const auto& id : ids) {
    bool is_repeatable = st.jobs.at(id).kind->is_repeatable;
    drop(st, id);
    if (is_repeatable) {
      stop(self, id, one_less);
      continue;
    }
    st.stopping.emplace(id, false);
    auto then = [self, id, one_less](const expected<done>&) { stop(self, id, one_less); };
    auto patience = std::chrono::milliseconds{left} + answer_grace;
    ask<job_actor>(self, *st.services->names, job_name_of(id), patience, then, atom::stop_v);
  }
  one_less();
  start_more(self); // Of other slots.
  return promise;
}

// -- cancelling

/// Tells streams that wait for the job where it stands now.
void announce(jobs_region_pointer self, const std::string& id) {
  auto then = [self](const expected<job_state>& found) {
    if (!found)
      return;
    const auto& job = found->job;
    const auto& services = *self->state.services;
    if (const auto* kind = services.kinds->find(job.kind))
      tell_changed(*services.names, kind->lists);
    tell<progress_actor>(
      *services.names,
      progress_name,
      job_progress{job.id, job.state, job.expected, job.finished, job.failed, job.last_number});
  };
  ask_here<job_store_actor>(self, *self->state.services, job_store_name, then, load_job{id});
}

/// Ended in the store already.
void forget(jobs_region_pointer self, const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    stop(self, id);
    ended(self, id);
    announce(self, id);
  }
}

/// Jobs of other nodes' slots: their owners are told.
template <class News>
void tell_owners(jobs_region_pointer self, const std::vector<std::string>& ids) {
  const auto& services = *self->state.services;
  for (const auto& id : ids)
    if (!services.slots->owns(schedule::slot_of(id)))
      tell_entity(*services.names, id, std::string{jobs_name}, caf::make_message(News{{id}}));
}

caf::result<tasks_cancelled>
cancel(jobs_region_pointer self, const caller& who, const tasks_to_cancel& x) {
  auto promise = self->make_response_promise<tasks_cancelled>();
  auto then = [self, promise](expected<tasks_cancelled> done) mutable {
    if (!done)
      return void(promise.deliver(to_caf(done.error())));
    tell_owners<jobs_cancelled>(self, done->cancelled);
    forget(self, done->cancelled); // The streams of this node hear of it at once.
    promise.deliver(std::move(*done));
  };
  ask_here<job_store_actor>(self, *self->state.services, job_store_name, then, who, x);
  return promise;
}

// -- coming in

/// They are in the queue: run here, or their owners hear of them.
void look_at(jobs_region_pointer self, const std::vector<std::string>& ids) {
  std::vector<uint16_t> slots;
  for (const auto& id : ids)
    slots.push_back(schedule::slot_of(id));
  look_soon(self, slots);
}

caf::result<tasks_resumed>
resume(jobs_region_pointer self, const caller& who, const tasks_to_resume& x) {
  auto promise = self->make_response_promise<tasks_resumed>();
  auto then = [self, promise](expected<tasks_resumed> done) mutable {
    if (!done)
      return void(promise.deliver(to_caf(done.error())));
    tell_owners<jobs_added>(self, done->resumed);
    look_at(self, done->resumed);
    promise.deliver(std::move(*done));
  };
  ask_here<job_store_actor>(self, *self->state.services, job_store_name, then, who, x);
  return promise;
}

/// Of what a task waits for, the hosts that the caller sees.
void tell_waits(jobs_region_pointer self,
                const caller& who,
                caf::typed_response_promise<task_waits> promise,
                task_waits found) {
  if (!who.groups || found.waits_for.empty())
    return void(promise.deliver(std::move(found)));
  hosts_query query;
  for (const auto& x : found.waits_for)
    query.host_list.push_back(x.host_id);
  auto then = [promise, found](const expected<hosts_page>& seen) mutable {
    if (!seen)
      return void(promise.deliver(to_caf(seen.error())));
    std::erase_if(found.waits_for, [&](const awaited_host& x) {
      return std::none_of(seen->host_infos.begin(),
                          seen->host_infos.end(),
                          [&](const host_info& host) { return host.host_id == x.host_id; });
    });
    found.hosts = static_cast<int64_t>(found.waits_for.size());
    promise.deliver(std::move(found));
  };
  ask_here<host_store_actor>(
    self, *self->state.services, host_store_name, then, who, std::move(query));
}

/// The job knows, wherever it runs. Whose it is the store knows.
caf::result<task_waits>
waits(jobs_region_pointer self, const caller& who, const task_waits_query& x) {
  auto promise = self->make_response_promise<task_waits>();
  auto tell_nothing = [promise, id = x.task_id]() mutable {
    task_waits none;
    none.task_id = id;
    promise.deliver(std::move(none));
  };
  auto ask_the_job = [self, who, promise, tell_nothing, id = x.task_id]() mutable {
    auto then = [self, who, promise, tell_nothing](expected<task_waits> found) mutable {
      if (found)
        tell_waits(self, who, promise, std::move(*found));
      else
        tell_nothing(); // It waits for its turn, moves, or has ended.
    };
    ask_entity<job_actor>(self,
                          *self->state.services->names,
                          id,
                          job_name_of(id),
                          waits_patience,
                          std::move(then),
                          get_task_waits{id});
  };
  auto then = [promise, tell_nothing, ask_the_job](expected<progress_found> found) mutable {
    if (!found)
      return void(promise.deliver(to_caf(found.error())));
    const auto& all = found->result;
    if (all.empty() || all.front().expected_report_num == 0)
      return tell_nothing();
    ask_the_job();
  };
  ask_here<report_store_actor>(
    self, *self->state.services, report_store_name, then, who, progress_query{{x.task_id}});
  return promise;
}

/// Any node stores any job.
caf::result<job_created> create(jobs_region_pointer self, const job_to_create& x) {
  auto promise = self->make_response_promise<job_created>();
  auto then = [self, job = x.job, promise](expected<job_created> how) mutable {
    if (!how)
      return void(promise.deliver(to_caf(how.error())));
    if (!how->existed) {
      enqueue(self, job);
      tell_owners<jobs_added>(self, {job.id});
    }
    promise.deliver(std::move(*how));
  };
  ask_here<job_store_actor>(self, *self->state.services, job_store_name, then, x);
  return promise;
}

} // namespace

jobs_actor::behavior_type jobs_region(jobs_region_pointer self, job_services_ptr services) {
  prepare(self);
  auto& st = self->state;
  for (const auto& [name, kind] : services->kinds->all())
    st.queues.emplace(&kind, schedule::fair_queue{kind.most_running(*services->config)});
  st.region = {services->slots, services->clock};
  st.services = std::move(services);
  self->send(self, atom::tick_v);
  return {
    [self](const job_to_create& x) { return create(self, x); },
    [self](const caller& who, const tasks_to_cancel& x) { return cancel(self, who, x); },
    [self](const caller& who, const tasks_to_resume& x) { return resume(self, who, x); },
    [self](const caller& who, const task_waits_query& x) { return waits(self, who, x); },
    [self](const job_progress& x) { got_on(self, x); },
    [self](const jobs_added& x) {
      if (self->state.jobs.size() < plenty || x.jobs.size() <= few_news)
        look_at(self, x.jobs);
    },
    [self](const jobs_cancelled& x) { forget(self, x.jobs); },
    [self](const slots_changed& x) { on_slots(self, x); },
    [self](const slots_to_release& x) { return release(self, x); },
    [self](atom::tick) { on_tick(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
