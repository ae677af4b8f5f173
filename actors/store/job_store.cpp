#include "actors/store/job_store.hpp"

#include "actors/support/prepare.hpp"
#include "messages/roles/kafka.hpp"
#include "runtime/io/storage/job_repository.hpp"

#include <caf/all.hpp>

#include <numeric>

namespace aops::actors {

namespace {

using base::urgency;
using storage::job_repository;

expected<job_created> create(storage::database& db, const job_to_create& x, int64_t now_ms) {
  auto stored = job_repository{db}.create(x.job, x.trees);
  if (!stored)
    return fail(stored.error());
  caller who{x.job.user, x.job.owner, rights::ordinary, false, {}, {}};
  if (auto noted = audit(db, now_ms, who, x.job.kind.text + ".execute", stored->id); !noted)
    return fail(noted.error());
  return job_created{stored->id, stored->id != x.job.id};
}

expected<void> commit_units(storage::database& db,
                            std::span<const storage::unit_work* const> units) {
  return job_repository{db}.commit_units(units);
}

/// Refers to the configuration, which outlives what is done with it.
storage::event_topics topics_of(const store_access& store) {
  return storage::event_topics_of(*store.config);
}

std::vector<uint16_t> or_all(std::vector<uint16_t> slots) {
  if (slots.empty()) {
    slots.resize(schedule::slot_count);
    std::iota(slots.begin(), slots.end(), uint16_t{0});
  }
  return slots;
}

} // namespace

full_job_store_actor::behavior_type
job_store(full_job_store_actor::stateful_pointer<checked_state<job_store_state>> self,
          store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const job_to_create& x) -> caf::result<job_created> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<job_created>{self, {urgency::people, x.job.owner, {}}},
        {},
        [x, now = store->now_ms()](storage::database& db) { return create(db, x, now); },
        1 + x.trees.size());
    },
    [self](const caller& who, const tasks_to_cancel& x) -> caf::result<tasks_cancelled> {
      auto store = self->state.store;
      return write_for(store,
                       foreign_promise<tasks_cancelled>{self, of(who)},
                       {}, // Any node may end a job: its row says whether it can be.
                       [who, x, now = store->now_ms(), topics = topics_of(*store)](
                         storage::database& db) -> expected<tasks_cancelled> {
                         auto reply = job_repository{db, topics}.cancel(scope_of(who), x.task_list);
                         if (!reply)
                           return reply;
                         if (auto noted = audit(
                               db, now, who, "task.cancel", listed(reply->cancelled), reply->code);
                             !noted)
                           return fail(noted.error());
                         return reply;
                       });
    },
    [self](const caller& who, const tasks_to_resume& x) -> caf::result<tasks_resumed> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<tasks_resumed>{self, of(who)},
        {}, // Any node may let a job go on: its owner finds it in the queue.
        [who, x, now = store->now_ms(), topics = topics_of(*store)](
          storage::database& db) -> expected<tasks_resumed> {
          auto reply = job_repository{db, topics}.resume(scope_of(who), x.task_list, now);
          if (!reply)
            return reply;
          if (auto noted = audit(db, now, who, "task.resume", listed(reply->resumed), reply->code);
              !noted)
            return fail(noted.error());
          return reply;
        });
    },
    [self](const load_job& x) -> caf::result<job_state> {
      return read(self->state.store,
                  foreign_promise<job_state>{self, {urgency::jobs, {}, {}}},
                  [x](storage::database& db) { return job_repository{db}.load(x.id); });
    },
    [self](const open_jobs& x) -> caf::result<job_records> {
      return read(self->state.store,
                  foreign_promise<job_records>{self, {urgency::jobs, {}, {}}},
                  [x](storage::database& db) {
                    return job_repository{db}.open_in_slots(or_all(x.slots)).map([](auto list) {
                      return job_records{std::move(list)};
                    });
                  });
    },
    [self](const storage::unit_to_begin& x) -> caf::result<job_progress> {
      return write_for(self->state.store,
                       foreign_promise<job_progress>{self, {urgency::jobs, {}, {}}},
                       x.held,
                       [x](storage::database& db) { return job_repository{db}.begin_unit(x); });
    },
    [self](const storage::unit_to_commit& x) -> caf::result<job_progress> {
      const auto& store = self->state.store;
      foreign_promise<job_progress> promise{self, {urgency::jobs, x.owner, {}}};
      auto after = std::make_shared<job_progress>();
      write_joint(
        *store,
        store->bounded(promise.ticket()),
        x.held,
        storage::unit_work{x, after, topics_of(*store)},
        &commit_units,
        false,
        [promise, after, store](expected<void> how) {
          if (how && store->config->kafka.enabled) // Somebody waits for the report.
            tell<event_publisher_actor>(*store->names, kafka_publisher_name, atom::tick_v);
          promise.answer(how.map([&] { return std::move(*after); }));
        },
        1 + (x.content ? x.content->rows() : 0));
      return promise;
    },
    [self](const job_to_move& x) -> caf::result<job_progress> {
      return write_for(self->state.store,
                       foreign_promise<job_progress>{self, {urgency::jobs, {}, {}}},
                       x.held,
                       [x, topics = topics_of(*self->state.store)](storage::database& db) {
                         return job_repository{db, topics}.move(x);
                       });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
