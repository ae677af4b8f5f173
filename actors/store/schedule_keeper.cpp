#include "actors/store/schedule_keeper.hpp"

#include "actors/store/account_store.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/run.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/task/cron.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using full_schedule_keeper_self =
  full_schedule_keeper_actor::stateful_pointer<checked_state<schedule_keeper_state>>;
using storage::due_run;
using storage::schedule_repository;
using storage::settled_run;
using storage::stored_schedule;

constexpr std::chrono::seconds look_at_schedules_every{1};
constexpr int64_t most_at_once = 64;

/// A time that is longer past was missed: no node was there.
constexpr int64_t missed_after_ms = 60'000;

/// When a schedule is tried again that cannot be read.
constexpr int64_t unreadable_retry_ms = 3'600'000;

/// Where a schedule goes on, and whether it runs for its time.
struct next_step {
  std::optional<int64_t> run_ms;
  int64_t next_ms = 0;
  std::string trouble{}; ///< Why its times are not known; empty: they are.
};

/// What was good when it was stored: the system's zones are others now, perhaps for a while.
next_step unreadable(std::string why, int64_t now_ms) {
  return {std::nullopt, now_ms + unreadable_retry_ms, std::move(why)};
}

next_step step_of(const stored_schedule& x, int64_t now_ms) {
  auto when = task::cron::parse(x.expression);
  if (!when)
    return unreadable(when.error().detail, now_ms);
  auto zone = base::time_zone::find(x.zone);
  if (!zone)
    return unreadable("time_zone: " + zone.error().detail, now_ms);
  // After trouble it is looked at when nothing is due: what was to run meanwhile was missed.
  bool is_time = when->next_after(x.next_ms - 1, *zone) == x.next_ms;
  bool was_missed = !is_time || now_ms - x.next_ms > missed_after_ms;
  auto after = [&](int64_t ms) { return when->next_after(ms, *zone).value_or(0); };
  if (!was_missed)
    return {x.next_ms, after(x.next_ms)};
  if (x.missed == "once")
    return {x.next_ms, after(now_ms)};
  return {std::nullopt, after(now_ms - missed_after_ms)};
}

expected<void> move_on(storage::database& db, int64_t now_ms) {
  schedule_repository schedules{db};
  auto due = schedules.due(now_ms, most_at_once);
  if (!due)
    return fail(std::move(due.error()));
  for (const auto& x : *due) {
    auto step = step_of(x, now_ms);
    auto moved = schedules.move_on(x, step.run_ms, step.next_ms);
    if (!moved)
      return fail(std::move(moved.error()));
    if (!step.trouble.empty()) {
      log::warn("schedule-unreadable",
                "schedule {} of {} is tried again in an hour: {}",
                x.name,
                x.owner,
                step.trouble);
      if (auto told = schedules.settle({x.key, x.next_ms, {}, step.trouble}); !told)
        return fail(std::move(told.error()));
    } else if (!step.run_ms)
      log::info("schedule-missed", "schedule {} of {}: a time was passed over", x.name, x.owner);
  }
  return {};
}

expected<runs_due> waiting(storage::database& db) {
  auto rows = schedule_repository{db}.to_start(most_at_once);
  if (!rows)
    return fail(std::move(rows.error()));
  runs_due out;
  for (auto& x : *rows) {
    auto who = caller_of(db, x.user);
    if (who && who->role != rights::administrator)
      who = fail(ec::permission_denied, x.user + " is no administrator any more");
    out.runs.push_back({std::move(x), std::move(who)});
  }
  return out;
}

/// Whether anything is to be done; on a reading connection, for most seconds have nothing.
expected<bool> has_work(storage::database& db, int64_t now_ms) {
  auto due = schedule_repository{db}.due(now_ms, 1);
  if (!due || !due->empty())
    return due.map([](const auto&) { return true; });
  return schedule_repository{db}.to_start(1).map([](const auto& x) { return !x.empty(); });
}

storage::fences fences_of(uint64_t epoch) {
  storage::fences held;
  if (epoch != 0)
    held.leader_epoch = epoch;
  return held;
}

/// Tells the keeper when all that had to do with a look is gone, whatever became of it.
std::shared_ptr<void> end_of_look(full_schedule_keeper_self self) {
  return {nullptr, [to = caf::actor_cast<full_schedule_keeper_actor>(self)](void*) {
            caf::anon_send(to, look_ended{});
          }};
}

/// One look at a time: a store that is slow is not asked more and more.
void look(full_schedule_keeper_self self) {
  auto store = self->state.store;
  auto epoch = store->leader_epoch();
  if (!epoch || self->state.is_looking)
    return;
  self->state.is_looking = true;
  auto to = caf::actor_cast<full_schedule_keeper_actor>(self);
  (void)store->readers->post([store, to, epoch = *epoch, until = end_of_look(self)] {
    auto now = store->now_ms();
    auto db = store->pool->read();
    auto is_due = db ? has_work(**db, now) : expected<bool>{false};
    if (!is_due.value_or(false))
      return;
    write(
      *store,
      unawaited(base::urgency::people),
      fences_of(epoch),
      [now](storage::database& writer) -> expected<runs_due> {
        if (auto moved = move_on(writer, now); !moved)
          return fail(std::move(moved.error()));
        return waiting(writer);
      },
      [to, until](expected<runs_due> runs) {
        if (runs)
          caf::anon_send(to, std::move(*runs));
        else if (!(runs.error() == ec::fenced))
          log::warn("schedules-not-moved", "{}", to_string(runs.error()));
      });
  });
}

void settle(full_schedule_keeper_self self,
            const due_run& x,
            std::string execution,
            std::string failure) {
  auto store = self->state.store;
  if (!failure.empty())
    log::warn("schedule-not-started", "schedule {}: {}", x.id, failure);
  settled_run how{x.schedule, x.due_ms, std::move(execution), std::move(failure)};
  write(
    *store,
    unawaited(base::urgency::people),
    {},
    [how = std::move(how)](storage::database& db) { return schedule_repository{db}.settle(how); },
    [](const expected<void>&) {}); // Else it is asked again, under the same key.
}

/// Whether it is worth asking again.
bool is_passing(const error& e) {
  for (auto code : {ec::store_unreachable,
                    ec::timed_out,
                    ec::overloaded,
                    ec::unreachable,
                    ec::moved,
                    ec::fenced})
    if (e == code)
      return true;
  return false;
}

void start(full_schedule_keeper_self self, const runs_due::one& x) {
  auto& st = self->state;
  if (!x.who) {
    settle(self, x.run, {}, to_string(x.who.error()));
    return;
  }
  std::pair key{x.run.schedule, x.run.due_ms};
  if (!st.asked.insert(key).second)
    return;
  deploy_tasks_to_execute wanted;
  wanted.task_list = {x.run.task};
  if (!x.run.vars.empty())
    wanted.vars = json_text{x.run.vars};
  auto who = *x.who;
  who.repeatable.key = fmt::format("schedule:{}:{}", x.run.id, x.run.due_ms);
  who.repeatable.digest = base::sha256_hex(x.run.task);
  auto then = [self, run = x.run, key](const expected<deploy_tasks_started>& how) {
    self->state.asked.erase(key);
    if (how)
      settle(self, run, how->execution_id.empty() ? "" : how->execution_id.front(), {});
    else if (!is_passing(how.error()))
      settle(
        self, run, {}, how.error().detail.empty() ? to_string(how.error()) : how.error().detail);
  };
  ask<run_intake_actor>(self,
                        *st.store->names,
                        run_intake_name,
                        st.store->config->store.request_timeout.chrono(),
                        std::move(then),
                        who,
                        std::move(wanted));
}

} // namespace

full_schedule_keeper_actor::behavior_type schedule_keeper(full_schedule_keeper_self self,
                                                          store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  self->delayed_send(self, look_at_schedules_every, atom::tick_v);
  return {
    [self](const runs_due& x) {
      for (const auto& one : x.runs)
        start(self, one);
    },
    [self](look_ended) { self->state.is_looking = false; },
    [self](atom::tick) {
      self->delayed_send(self, look_at_schedules_every, atom::tick_v);
      look(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
