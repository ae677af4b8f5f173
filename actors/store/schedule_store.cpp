#include "actors/store/schedule_store.hpp"

#include "actors/store/once.hpp"
#include "actors/store/task_parameters.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/core/task/cron.hpp"
#include "runtime/core/task/steps.hpp"
#include "runtime/io/storage/schedule_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using schedule_store_self =
  schedule_store_actor::stateful_pointer<checked_state<schedule_store_state>>;
using storage::schedule_repository;
using storage::stored_schedule;

constexpr size_t shown_times = 5;

/// When a schedule fires next, from now on; nothing when it is not enabled.
/// @returns ec::bad_request with `expression: …` or `time_zone: …`.
expected<std::vector<moment>>
next_of(const std::string& expression, const std::string& zone, bool is_enabled, int64_t now_ms) {
  auto when = task::cron::parse(expression);
  if (!when)
    return fail(std::move(when.error()));
  auto where = base::time_zone::find(zone);
  if (!where)
    return fail(where.error().code, "time_zone: " + where.error().detail);
  std::vector<moment> out;
  if (is_enabled)
    for (auto ms : when->next_times(now_ms, *where, shown_times))
      out.push_back(moment{ms});
  return out;
}

/// What a request says beside the times.
template <class Request>
expected<void> apply(stored_schedule& to, const Request& x) {
  if (x.time_zone)
    to.zone = *x.time_zone;
  if (x.missed)
    to.missed = *x.missed;
  if (x.enabled)
    to.is_enabled = *x.enabled;
  if (!x.vars)
    return {};
  auto vars = task::variables_of(x.vars);
  if (!vars)
    return fail(std::move(vars.error()));
  to.vars = std::move(*vars);
  return {};
}

/// Stores a schedule by `keep(row)` when its times and variables are fine.
template <class Keep>
expected<schedule_added> kept(storage::database& db,
                              const caller& who,
                              const stored_schedule& row,
                              std::vector<moment> next,
                              std::string_view action,
                              int64_t now_ms,
                              Keep keep) {
  if (auto fit = check_kept_vars(db, who.owner, std::string_view{row.task}, row.vars); !fit)
    return fail(std::move(fit.error()));
  if (auto done = keep(row); !done)
    return fail(std::move(done.error()));
  return audit(db, now_ms, who, action, row.id).map([&] {
    return schedule_added{row.id, std::move(next)};
  });
}

int64_t first_of(const std::vector<moment>& next) { return next.empty() ? 0 : next.front().ms; }

expected<schedule_added>
add(storage::database& db, const caller& who, const schedule_to_add& x, int64_t now_ms) {
  stored_schedule row;
  row.id = base::new_id(now_ms);
  row.owner = who.owner;
  row.user = who.user;
  row.name = x.schedule_name;
  row.task = x.task_id;
  row.expression = x.expression;
  row.zone = "UTC";
  row.created_ms = now_ms;
  if (auto applied = apply(row, x); !applied)
    return fail(std::move(applied.error()));
  auto next = next_of(row.expression, row.zone, row.is_enabled, now_ms);
  if (!next)
    return fail(std::move(next.error()));
  row.next_ms = first_of(*next);
  return kept(
    db, who, row, std::move(*next), "task.schedule.add", now_ms, [&](const stored_schedule& to) {
      return schedule_repository{db}.add(to);
    });
}

expected<schedule_added>
update(storage::database& db, const caller& who, const schedule_to_update& x, int64_t now_ms) {
  auto found = schedule_repository{db}.find(who.owner, x.schedule_id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::bad_request, "schedule_id: no such schedule");
  auto& row = **found;
  const auto was = row;
  row.name = x.schedule_name.value_or(row.name);
  row.expression = x.expression.value_or(row.expression);
  if (auto applied = apply(row, x); !applied)
    return fail(std::move(applied.error()));
  auto next = next_of(row.expression, row.zone, row.is_enabled, now_ms);
  if (!next)
    return fail(std::move(next.error()));
  // A time that is due this moment, and that nobody has seen to yet, is none of the next ones.
  bool has_same_times =
    row.expression == was.expression && row.zone == was.zone && row.is_enabled == was.is_enabled;
  if (!has_same_times)
    row.next_ms = first_of(*next);
  return kept(
    db, who, row, std::move(*next), "task.schedule.update", now_ms, [&](const stored_schedule& to) {
      return schedule_repository{db}.update(to);
    });
}

expected<done>
remove(storage::database& db, const caller& who, const schedules_to_delete& x, int64_t now_ms) {
  if (auto gone = schedule_repository{db}.remove(who.owner, x.schedule_list); !gone)
    return fail(std::move(gone.error()));
  return audit(db, now_ms, who, "task.schedule.delete", listed(x.schedule_list)).map([] {
    return done{};
  });
}

expected<schedules_page>
page(storage::database& db, const caller& who, const schedules_query& q, int64_t now_ms) {
  auto out = schedule_repository{db}.page(who.owner, q);
  if (out)
    for (auto& x : out->schedule_infos)
      // What is stored may be due this moment; the times after it follow from it.
      if (auto after = x.next.empty() ? now_ms : x.next.front().ms - 1; x.enabled)
        if (auto next = next_of(x.expression, x.time_zone, true, after))
          x.next = std::move(*next);
  return out;
}

/// Has the writer do it, and answers with what becomes of it.
template <class Answer, class Work>
caf::result<Answer>
change(schedule_store_self self, const caller& who, Work work, size_t rows = 1) {
  return write_for(
    self->state.store, foreign_promise<Answer>{self, of(who)}, {}, std::move(work), rows);
}

} // namespace

schedule_store_actor::behavior_type schedule_store(schedule_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const schedule_to_add& x) {
      auto now = self->state.store->now_ms();
      return change<schedule_added>(self, who, once(who, now, [who, x, now](storage::database& db) {
                                      return add(db, who, x, now);
                                    }));
    },
    [self](const caller& who, const schedule_to_update& x) {
      return change<schedule_added>(
        self, who, [who, x, now = self->state.store->now_ms()](storage::database& db) {
          return update(db, who, x, now);
        });
    },
    [self](const caller& who, const schedules_query& q) -> caf::result<schedules_page> {
      auto store = self->state.store;
      return read(
        store,
        foreign_promise<schedules_page>{self, of(who)},
        [who, q, now = store->now_ms()](storage::database& db) { return page(db, who, q, now); });
    },
    [self](const caller& who, const schedules_to_delete& x) {
      return change<done>(
        self,
        who,
        [who, x, now = self->state.store->now_ms()](storage::database& db) {
          return remove(db, who, x, now);
        },
        x.schedule_list.size());
    },
    [self](const caller&, const schedule_to_preview& x) -> caf::result<schedule_previewed> {
      auto next =
        next_of(x.expression, x.time_zone.value_or("UTC"), true, self->state.store->now_ms());
      if (!next)
        return to_caf(next.error());
      return schedule_previewed{std::move(*next)};
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
