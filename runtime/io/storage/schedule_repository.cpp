#include "runtime/io/storage/schedule_repository.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/io/storage/named_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

namespace aops::storage {

namespace {

constexpr std::string_view columns =
  "n, id, owner, username, schedule_name, task, expression, zone, missed, enabled, vars, next_ms, "
  "created_ms";

stored_schedule read(const row& r) {
  stored_schedule x;
  x.key = r.integer(0);
  x.id = r.string(1);
  x.owner = r.string(2);
  x.user = r.string(3);
  x.name = r.string(4);
  x.task = r.string(5);
  x.expression = r.string(6);
  x.zone = r.string(7);
  x.missed = r.string(8);
  x.is_enabled = r.boolean(9);
  x.vars = r.string(10);
  x.next_ms = r.integer(11);
  x.created_ms = r.integer(12);
  return x;
}

tl::unexpected<error> taken() { return fail(ec::conflict, "schedule_name: exists already"); }

} // namespace

expected<void> schedule_repository::add(const stored_schedule& x) {
  auto task = db_.integer("select n from deploy_task where owner = ? and id = ?", x.owner, x.task);
  if (!task)
    return fail(std::move(task.error()));
  if (!*task)
    return fail(ec::bad_request, "task_id: no such task");
  auto there = db_.count("select count(*) from task_schedule where owner = ?", x.owner);
  if (!there)
    return fail(std::move(there.error()));
  if (*there >= most_schedules)
    return fail(ec::bad_request, fmt::format("there are {} schedules already", *there));
  auto added =
    db_.run("insert into task_schedule (id, owner, username, schedule_name, task, "
            "expression, zone, missed, enabled, vars, next_ms, due_ms, execution, "
            "failure, created_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', ?)",
            x.id,
            x.owner,
            x.user,
            x.name,
            x.task,
            x.expression,
            x.zone,
            x.missed,
            x.is_enabled,
            x.vars,
            x.next_ms,
            x.created_ms);
  return !added && added.error() == ec::conflict ? taken() : only(std::move(added));
}

expected<std::optional<stored_schedule>> schedule_repository::find(std::string_view owner,
                                                                   std::string_view id) {
  return db_.first("select " + std::string{columns} +
                     " from task_schedule where owner = ? and id = ?" +
                     std::string{db_.sql().for_update()},
                   read,
                   owner,
                   id);
}

expected<void> schedule_repository::update(const stored_schedule& x) {
  auto updated = db_.run("update task_schedule set schedule_name = ?, expression = ?, zone = ?, "
                         "missed = ?, enabled = ?, vars = ?, next_ms = ? where n = ?",
                         x.name,
                         x.expression,
                         x.zone,
                         x.missed,
                         x.is_enabled,
                         x.vars,
                         x.next_ms,
                         x.key);
  return !updated && updated.error() == ec::conflict ? taken() : only(std::move(updated));
}

expected<schedules_page> schedule_repository::page(std::string_view owner,
                                                   const schedules_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  filter matching("s.owner = ?", owner);
  also_either(matching, "s.id", "s.schedule_name", q.schedule_list);
  if (q.task_list)
    matching.in("s.task", *q.task_list);
  auto window = window_of(db_, p, "task_schedule s", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"schedule_name", "s.schedule_name"}};
  auto rows = db_.list_with(
    "select s.id, s.schedule_name, s.task, d.task_name, s.expression, s.zone, s.missed, s.enabled, "
    "s.vars, s.username, s.next_ms, s.due_ms, s.execution, s.failure from task_schedule s "
    "left join deploy_task d on d.id = s.task and d.owner = s.owner where " +
      matching.where() + order_by(p, choices, "s.n", "s.n") + " limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    [](const row& r) {
      schedule_info x;
      x.schedule_id = r.string(0);
      x.schedule_name = r.string(1);
      x.task_id = r.string(2);
      x.task_name = r.string(3);
      x.expression = r.string(4);
      x.time_zone = r.string(5);
      x.missed = r.string(6);
      x.enabled = r.boolean(7);
      if (!r.text(8).empty())
        x.vars.text = r.string(8);
      x.username = r.string(9);
      if (r.integer(10) > 0)
        x.next.push_back(moment{r.integer(10)});
      if (r.integer(11) > 0)
        x.last_due = moment{r.integer(11)};
      x.last_execution = r.string(12);
      x.last_error = r.string(13);
      return x;
    });
  if (!rows)
    return fail(std::move(rows.error()));
  schedules_page out;
  set_totals(out, window->total, p);
  out.schedule_infos = std::move(*rows);
  return out;
}

/// With what waits.
expected<void> schedule_repository::remove_one(int64_t key) {
  return in_order([&] { return db_.run("delete from task_schedule_due where schedule = ?", key); },
                  [&] { return db_.run("delete from task_schedule where n = ?", key); });
}

expected<void> schedule_repository::remove_of(int64_t task) {
  auto keys = db_.list(
    "select s.n from task_schedule s join deploy_task d on d.id = s.task and "
    "d.owner = s.owner where d.n = ?",
    [](const row& r) { return r.integer(0); },
    task);
  if (!keys)
    return fail(std::move(keys.error()));
  return for_each(*keys, [&](int64_t key) { return remove_one(key); });
}

expected<int64_t> schedule_repository::remove(std::string_view owner,
                                              const std::vector<std::string>& schedules) {
  return remove_named(db_, "task_schedule", "schedule_name", owner, schedules, [&](int64_t key) {
    return remove_one(key);
  });
}

expected<std::vector<stored_schedule>> schedule_repository::due(int64_t now_ms, int64_t most) {
  return db_.list("select " + std::string{columns} +
                    " from task_schedule where next_ms > 0 and next_ms <= ? order by next_ms, n "
                    "limit ?",
                  read,
                  now_ms,
                  most);
}

expected<bool> schedule_repository::move_on(const stored_schedule& x,
                                            std::optional<int64_t> run_ms,
                                            int64_t next_ms) {
  auto moved = db_.run(
    "update task_schedule set next_ms = ? where n = ? and next_ms = ?", next_ms, x.key, x.next_ms);
  if (!moved || *moved == 0 || !run_ms)
    return moved.map([](int64_t rows) { return rows > 0; });
  return db_
    .run(db_.sql().insert_ignore("task_schedule_due", {"schedule", "due_ms"}, {}), x.key, *run_ms)
    .map([](int64_t) { return true; });
}

expected<std::vector<due_run>> schedule_repository::to_start(int64_t most) {
  return db_.list(
    "select s.n, d.due_ms, s.id, s.username, s.task, s.vars from task_schedule_due d "
    "join task_schedule s on s.n = d.schedule order by d.due_ms, s.n limit ?",
    [](const row& r) {
      return due_run{
        r.integer(0), r.integer(1), r.string(2), r.string(3), r.string(4), r.string(5)};
    },
    most);
}

expected<void> schedule_repository::settle(const settled_run& x) {
  return in_order(
    [&] {
      return db_.run("update task_schedule set due_ms = ?, execution = ?, failure = ? "
                     "where n = ? and due_ms <= ?",
                     x.due_ms,
                     x.execution,
                     base::fitting(x.failure, 256),
                     x.schedule,
                     x.due_ms);
    },
    [&] {
      return db_.run(
        "delete from task_schedule_due where schedule = ? and due_ms = ?", x.schedule, x.due_ms);
    });
}

} // namespace aops::storage
