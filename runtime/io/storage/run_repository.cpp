#include "runtime/io/storage/run_repository.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/steps.hpp"

/// The part of `run_repository` that owners use; `run_acts.cpp` is for people, `run_pages.cpp` has
/// its lists.
namespace aops::storage {

namespace {

constexpr size_t most_reason = 500, most_action = 250, most_message = 1000;

run_step_row read_step(const row& r) {
  run_step_row x;
  x.position = r.integer(0);
  x.state = r.string(1);
  x.batches = r.integer(2);
  x.started_ms = r.integer(3);
  x.ended_ms = r.integer(4);
  x.message = r.string(5);
  x.begun_worked_ms = r.integer(6);
  return x;
}

run_host_row read_host(const row& r) {
  run_host_row x;
  x.step = r.integer(0);
  x.number = r.integer(1);
  x.state = r.string(2);
  x.attempts = r.integer(3);
  x.started_ms = r.integer(4);
  x.ended_ms = r.integer(5);
  x.ok = r.integer(6);
  x.changed = r.integer(7);
  x.failed = r.integer(8);
  x.skipped = r.integer(9);
  x.action = r.string(10);
  x.message = r.string(11);
  return x;
}

const std::string host_query = "select step, number, state, attempts, started_ms, ended_ms, ok, "
                               "changed, failed, skipped, failed_action, message from run_host";

struct known_run {
  int64_t key = 0;
  run_after after;
};

known_run read_standing(const row& r) {
  known_run x;
  x.key = r.integer(0);
  x.after.progress = {
    r.string(1), status_in(r, 2), r.integer(3), r.integer(4), r.integer(5), r.integer(6)};
  x.after.wish = r.string(7);
  return x;
}

const std::string standing_query =
  "select j.n, j.id, j.state, j.expected, j.finished, j.failed, j.last_number, r.wish from job j "
  "join run r on r.job = j.n";

} // namespace

// -- creation

expected<void> run_repository::create(const new_run& x) {
  auto stored = job_repository{db_}.create(x.job, x.templates);
  if (!stored)
    return fail(std::move(stored.error()));
  auto key = db_.count("select n from job where id = ?", x.job.id);
  if (!key)
    return fail(std::move(key.error()));
  std::vector<parameter> steps, hosts;
  for (size_t i = 0; i < x.steps.size(); ++i)
    steps.insert(steps.end(), {*key, i, x.steps[i], "pending", 0, 0, 0, ""});
  for (size_t i = 0; i < x.hosts.size(); ++i)
    hosts.insert(hosts.end(),
                 {*key, i, x.hosts[i].host_id, x.hosts[i].host_name, x.hosts[i].first_step});
  return in_order(
    [&] {
      return db_.run(
        "insert into run (job, id, owner, username, task_id, task_name, state, reason, is_check, "
        "retry_of, wish, step, approved_step, approved_batch, events, event_bytes, created_ms, "
        "started_ms, ended_ms, worked_ms) values (?, ?, ?, ?, ?, ?, 'pending', '', ?, ?, '', -1, "
        "-1, -1, 0, 0, ?, 0, 0, 0)",
        *key,
        x.job.id,
        x.job.owner,
        x.job.user,
        x.task_id,
        x.task_name,
        x.is_check ? 1 : 0,
        x.retry_of,
        x.job.created_ms);
    },
    [&] {
      return db_.run_many("insert into run_step (run, position, step_name, state, batches, "
                          "started_ms, ended_ms, message) values (?, ?, ?, ?, ?, ?, ?, ?)",
                          8,
                          steps);
    },
    [&] {
      return db_.run_many("insert into run_target (run, number, host_id, host_name, first_step) "
                          "values (?, ?, ?, ?, ?)",
                          5,
                          hosts);
    },
    [&] { return keep_packages(*key, x.packages); });
}

expected<void> run_repository::keep_packages(int64_t run, const std::set<std::string>& digests) {
  return for_each(digests, [&](const std::string& digest) -> expected<void> {
    auto archive = package_repository{db_}.hold(digest);
    if (!archive)
      return fail(std::move(archive.error()));
    if (!*archive)
      return fail(ec::bad_request, "its package is in the store no longer: " + digest);
    return only(db_.run("insert into run_package (run, archive) values (?, ?)", run, **archive));
  });
}

// -- loading

expected<stored_run> run_repository::load(std::string_view id) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto job = job_repository{db_}.load(id);
  if (!job)
    return fail(std::move(job.error()));
  int64_t key = 0;
  auto read_run = [&](const row& r) {
    stored_run x;
    key = r.integer(0);
    x.state = r.string(1);
    x.reason = r.string(2);
    x.wish = r.string(3);
    x.step = r.integer(4);
    x.approved_step = r.integer(5);
    x.approved_batch = r.integer(6);
    x.events = r.integer(7);
    x.event_bytes = r.integer(8);
    x.started_ms = r.integer(9);
    x.worked_ms = r.integer(10);
    return x;
  };
  auto run = db_.first("select job, state, reason, wish, step, approved_step, approved_batch, "
                       "events, event_bytes, started_ms, worked_ms from run where id = ?",
                       read_run,
                       id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return fail(ec::not_found, "run " + std::string{id});
  auto steps = db_.list("select position, state, batches, started_ms, ended_ms, message, "
                        "begun_worked_ms from run_step where run = ? order by position",
                        read_step,
                        key);
  if (!steps)
    return fail(std::move(steps.error()));
  auto hosts = db_.list(host_query + " where run = ? order by step, number", read_host, key);
  if (!hosts)
    return fail(std::move(hosts.error()));
  (*run)->job = std::move(*job);
  (*run)->steps = std::move(*steps);
  (*run)->hosts = std::move(*hosts);
  return std::move(**run);
}

expected<run_after> run_repository::glance(std::string_view id) {
  auto found = db_.first(standing_query + " where j.id = ?", read_standing, id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "run " + std::string{id});
  return std::move((**found).after);
}

// -- changes

expected<void> run_repository::write_hosts(int64_t run, const std::vector<run_host_row>& rows) {
  if (rows.empty())
    return {};
  std::vector<parameter> values;
  for (const auto& x : rows) {
    values.insert(values.end(),
                  {run,
                   x.step,
                   x.number,
                   x.state,
                   x.attempts,
                   x.started_ms,
                   x.ended_ms,
                   x.ok,
                   x.changed,
                   x.failed,
                   x.skipped,
                   base::fitting(x.action, most_action),
                   base::fitting(x.message, most_message)});
  }
  return only(db_.run_many(db_.sql().upsert("run_host",
                                            {"run", "step", "number"},
                                            {"state",
                                             "attempts",
                                             "started_ms",
                                             "ended_ms",
                                             "ok",
                                             "changed",
                                             "failed",
                                             "skipped",
                                             "failed_action",
                                             "message"}),
                           13,
                           values));
}

expected<void> run_repository::write_steps(int64_t run, const std::vector<run_step_row>& rows) {
  return for_each(rows, [&](const run_step_row& x) {
    return db_.run("update run_step set state = ?, batches = ?, started_ms = ?, ended_ms = ?, "
                   "message = ?, begun_worked_ms = ? where run = ? and position = ?",
                   x.state,
                   x.batches,
                   x.started_ms,
                   x.ended_ms,
                   base::fitting(x.message, most_reason),
                   x.begun_worked_ms,
                   run,
                   x.position);
  });
}

expected<void> run_repository::write_events(int64_t run, const run_change& x) {
  if (x.events.empty())
    return {};
  std::vector<parameter> rows;
  for (const auto& part : x.events)
    rows.insert(rows.end(), {run, part.first, part.last, part.body});
  // Sent once more after a connection was lost they replace themselves.
  return in_order(
    [&] {
      return db_.run_many(
        db_.sql().upsert("run_event", {"run", "first_number"}, {"last_number", "body"}), 4, rows);
    },
    [&] {
      return db_.run("update run set events = ?, event_bytes = ? where job = ?",
                     x.events.back().last,
                     x.event_bytes,
                     run);
    });
}

expected<run_after> run_repository::change(const run_change& x) {
  // The job's row is locked first, as everybody does who ends jobs.
  auto job = db_.first(
    standing_query + " where j.id = ?" + std::string{db_.sql().for_update()}, read_standing, x.run);
  if (!job)
    return fail(std::move(job.error()));
  if (!*job)
    return fail(ec::not_found, "run " + x.run);
  const auto key = (*job)->key;
  auto& after = (*job)->after;
  auto& now = after.progress;
  const bool is_as_known = now.state == x.was;
  if (!x.events.empty())
    now.last_number = x.events.back().last;
  if (auto written = write_events(key, x); !written)
    return fail(std::move(written.error()));
  auto set = [&](std::string_view column, const auto& value) {
    std::string statement = "update run set ";
    statement.append(column).append(" = ? where job = ?");
    return only(db_.run(statement, value, key));
  };
  if (is_as_known) {
    now.finished = std::max(now.finished, x.finished);
    now.failed = x.failed;
    now.state = x.job_state.value_or(now.state);
    auto changed =
      in_order([&] { return x.also ? x.also(db_) : expected<void>{}; },
               [&] { return write_hosts(key, x.hosts); },
               [&] { return write_steps(key, x.steps); },
               [&]() -> expected<void> {
                 if (!x.state)
                   return {};
                 return only(db_.run("update run set state = ?, reason = ? where job = ?",
                                     x.state->first,
                                     base::fitting(x.state->second, most_reason),
                                     key));
               },
               [&] { return x.step ? set("step", *x.step) : expected<void>{}; },
               [&] { return x.started_ms ? set("started_ms", *x.started_ms) : expected<void>{}; },
               [&] { return x.ended_ms ? set("ended_ms", *x.ended_ms) : expected<void>{}; },
               [&] { return x.worked_ms ? set("worked_ms", *x.worked_ms) : expected<void>{}; },
               [&] { return x.takes_wish ? set("wish", "") : expected<void>{}; });
    if (!changed)
      return fail(std::move(changed.error()));
  }
  if (x.frees_hosts)
    if (auto freed = db_.run("delete from run_lock where run = ?", key); !freed)
      return fail(std::move(freed.error()));
  auto moved = db_.run("update job set state = ?, finished = ?, failed = ?, last_number = ?, "
                       "epoch = ? where n = ?",
                       text_of(now.state),
                       now.finished,
                       now.failed,
                       now.last_number,
                       x.held.epoch,
                       key);
  if (!moved)
    return fail(std::move(moved.error()));
  if (is_as_known && x.takes_wish)
    after.wish.clear();
  return std::move(after);
}

// -- locks

expected<run_lock_answer> run_repository::holder_of_hosts(int64_t run, bool is_shared) {
  auto other = db_.first(
    "select r.id, t.host_name from run_target t join run_lock l on l.host_id = t.host_id "
    "join run r on r.job = l.run where t.run = ? and l.run <> ? and r.ended_ms = 0 "
    "and l.is_shared <= ? limit 1",
    [](const row& r) {
      return run_lock_answer{false, r.string(0), r.string(1)};
    },
    run,
    run,
    is_shared ? 0 : 1);
  if (!other)
    return fail(std::move(other.error()));
  return *other ? std::move(**other) : run_lock_answer{true, {}, {}};
}

expected<run_lock_answer> run_repository::look_at_hosts(std::string_view id, bool is_shared) {
  auto key = db_.integer("select job from run where id = ?", id);
  if (!key)
    return fail(std::move(key.error()));
  if (!*key)
    return fail(ec::not_found, "run " + std::string{id});
  return holder_of_hosts(**key, is_shared);
}

expected<run_lock_answer> run_repository::take_hosts(std::string_view id, bool is_shared) {
  auto key = db_.count("select job from run where id = ?", id);
  if (!key)
    return fail(std::move(key.error()));
  // One after the other: what nodes insert at once would not show that they are in each other's
  // way.
  if (auto alone = meta_repository{db_}.bump("run_locks"); !alone)
    return fail(std::move(alone.error()));
  // Locks go with the run that holds them; one that ended otherwise gives them back here.
  auto freed =
    db_.run("delete from run_lock where exists (select 1 from run r where r.job = run_lock.run "
            "and r.ended_ms > 0)");
  if (!freed)
    return fail(std::move(freed.error()));
  auto other = holder_of_hosts(*key, is_shared);
  if (!other || !other->is_ours)
    return other;
  auto taken =
    db_.run("insert into run_lock (host_id, run, is_shared) select t.host_id, t.run, "
            "? from run_target t where t.run = ? and not exists (select 1 from run_lock l "
            "where l.host_id = t.host_id and l.run = t.run) order by t.host_id",
            is_shared ? 1 : 0,
            *key);
  if (!taken)
    return fail(std::move(taken.error()));
  return other;
}

} // namespace aops::storage
