#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/steps.hpp"

/// The part of `run_repository` by which people act on runs, and that forgets.
namespace aops::storage {

namespace {

/// Rows of one step: the writer must be free again soon.
constexpr int64_t portion = 500;

constexpr std::string_view no_run = "there is no such run";

std::string stands(std::string_view state) { return "it is " + std::string{state}; }

} // namespace

/// The row, which nobody else changes until the transaction ends.
expected<std::optional<run_repository::standing_row>> run_repository::lock(std::string_view owner,
                                                                           std::string_view id) {
  // The job first, as owners do.
  auto job = db_.first(
    "select n, state from job where owner = ? and id = ?" + std::string{db_.sql().for_update()},
    [](const row& r) {
      standing_row x;
      x.key = r.integer(0);
      x.job_state = r.string(1);
      return x;
    },
    owner,
    id);
  if (!job || !*job)
    return job;
  auto run = db_.first(
    "select state, step from run where job = ?",
    [](const row& r) {
      return std::pair{r.string(0), r.integer(1)};
    },
    (*job)->key);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return std::optional<standing_row>{};
  std::tie((*job)->state, (*job)->step) = **run;
  return job;
}

expected<std::string> run_repository::ask_to(std::string_view owner,
                                             std::string_view id,
                                             std::string_view wish,
                                             int64_t now_ms) {
  auto run = lock(owner, id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return std::string{no_run};
  const auto& x = **run;
  auto job_state = job_status_of(x.job_state).value_or(job_status::failed);
  if (is_final(job_state))
    return stands(x.state);
  const bool is_stop = wish == "stop";
  if (!is_stop && is_waiting_for_user(job_state))
    return stands(x.state);
  if (job_state == job_status::running)
    return db_.run("update run set wish = ? where job = ?", wish, x.key).map([](int64_t) {
      return std::string{};
    });
  // Nobody has begun anything, or somebody waits for its user: so it is done here.
  auto reason = is_stop ? reason_of_stop(x) : expected<std::string>{"paused by its user"};
  if (!reason)
    return reason;
  auto done = in_order(
    [&] {
      return db_.run("update job set state = ? where n = ?",
                     text_of(is_stop ? job_status::cancelled : job_status::interrupted),
                     x.key);
    },
    [&] {
      return db_.run("update run set state = ?, reason = ?, wish = '', ended_ms = ? where job = ?",
                     is_stop ? "cancelled" : "paused",
                     *reason,
                     is_stop ? now_ms : 0,
                     x.key);
    },
    [&]() -> expected<void> {
      if (!is_stop)
        return {};
      return only(db_.run("delete from run_lock where run = ?", x.key));
    });
  return done.map([] { return std::string{}; });
}

/// Of a run that nobody is at work on. What it left running on hosts, as a node died, is ended with
/// the vault key; where there was none it may still run.
expected<std::string> run_repository::reason_of_stop(const standing_row& x) {
  std::string reason = "stopped by its user";
  if (x.state != "waiting_for_key")
    return reason;
  auto hosts = db_.count("select count(distinct number) from run_host where run = ? and (state = "
                         "'running' or (state = 'pending' and attempts > 0))",
                         x.key);
  if (!hosts)
    return fail(std::move(hosts.error()));
  if (*hosts > 0)
    reason += "; what it left running on " + std::to_string(*hosts) + " hosts could not be ended";
  return reason;
}

expected<void> run_repository::back_into_queue(int64_t run) {
  return in_order(
    [&] {
      return db_.run("update job set state = ? where n = ?", text_of(job_status::pending), run);
    },
    [&] {
      return db_.run("update run set state = 'pending', reason = '', wish = '' where job = ?", run);
    });
}

expected<std::string> run_repository::approve(std::string_view owner, std::string_view id) {
  auto run = lock(owner, id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return std::string{no_run};
  const auto& x = **run;
  if (x.state != "waiting_for_approval")
    return stands(x.state);
  auto done = in_order(
    [&] {
      return db_.run("update run set approved_step = step, approved_batch = (select batches from "
                     "run_step s where s.run = run.job and s.position = run.step) where job = ?",
                     x.key);
    },
    [&] { return back_into_queue(x.key); });
  return done.map([] { return std::string{}; });
}

expected<std::string> run_repository::resume(std::string_view owner,
                                             std::string_view id,
                                             std::string_view decision,
                                             int64_t now_ms) {
  auto run = lock(owner, id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return std::string{no_run};
  const auto& x = **run;
  auto job_state = job_status_of(x.job_state).value_or(job_status::failed);
  if (!is_waiting_for_user(job_state) || x.state == "waiting_for_approval")
    return stands(x.state);
  if (x.state == "interrupted" && decision.empty())
    return std::string{"it is interrupted: decide whether those hosts are done `again`, or left "
                       "out (`skip`)"};
  auto decide = [&]() -> expected<void> {
    if (x.state != "interrupted")
      return {};
    if (decision == "again") // With time of its own.
      return in_order(
        [&] {
          return db_.run("update run_host set state = 'pending' where run = ? and "
                         "state = 'interrupted' and ended_ms = 0",
                         x.key);
        },
        [&] {
          return db_.run("update run_step set begun_worked_ms = -1 where run = ? and ended_ms = 0",
                         x.key);
        });
    return only(db_.run("update run_host set ended_ms = ? where run = ? and "
                        "state = 'interrupted' and ended_ms = 0",
                        now_ms,
                        x.key));
  };
  auto done = in_order(decide, [&] { return back_into_queue(x.key); });
  return done.map([] { return std::string{}; });
}

expected<std::vector<std::string>> run_repository::waiting_for_key(std::string_view user) {
  return db_.list(
    "select id from run where state = 'waiting_for_key' and username = ? order by job",
    [](const row& r) { return r.string(0); },
    user);
}

expected<std::vector<std::string>> run_repository::open_among(const std::vector<std::string>& ids,
                                                              std::string_view owner) {
  std::vector<std::string> out;
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("ended_ms = 0");
    if (!owner.empty())
      matching.also("owner = ?", owner);
    matching.in("id", part);
    return only(db_.list_with("select id from run where " + matching.where(),
                              matching.values(),
                              [&](auto& r) { return out.emplace_back(r.string(0)).empty(); }));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<run_to_repeat> run_repository::to_repeat(std::string_view owner, std::string_view id) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  run_to_repeat out;
  int64_t key = 0;
  auto found = db_.first(
    "select job, task_id, task_name, state from run where owner = ? and id = ?",
    [&](const row& r) {
      key = r.integer(0);
      out.task_id = r.string(1);
      out.task_name = r.string(2);
      out.state = r.string(3);
      return true;
    },
    owner,
    id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "execution_list: no such run");
  auto job = job_repository{db_}.load(id);
  if (!job)
    return fail(std::move(job.error()));
  auto steps = db_.list(
    "select step_name from run_step where run = ? order by position",
    [](const row& r) { return r.string(0); },
    key);
  if (!steps)
    return fail(std::move(steps.error()));
  auto targets = db_.list(
    "select host_id, host_name, first_step from run_target where run = ? order by number",
    [](const row& r) {
      return run_target{r.string(0), r.string(1), r.integer(2)};
    },
    key);
  if (!targets)
    return fail(std::move(targets.error()));
  auto hosts = db_.list(
    "select step, number, state from run_host where run = ? order by step, number",
    [](const row& r) {
      run_host_row x;
      x.step = r.integer(0);
      x.number = r.integer(1);
      x.state = r.string(2);
      return x;
    },
    key);
  if (!hosts)
    return fail(std::move(hosts.error()));
  out.job = std::move(*job);
  out.steps = std::move(*steps);
  out.targets = std::move(*targets);
  out.hosts = std::move(*hosts);
  return out;
}

expected<int64_t> run_repository::expire(int64_t ended_before_ms) {
  auto run = db_.integer(
    "select job from run where ended_ms > 0 and ended_ms < ? order by ended_ms, job limit 1",
    ended_before_ms);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return 0;
  auto key = **run;
  auto drop_some = [&](std::string_view table, std::string_view column) -> expected<int64_t> {
    std::string where = " where run = ? ";
    auto keys = db_.list_with("select " + std::string{column} + " from " + std::string{table} +
                                where + "order by " + std::string{column} + " limit ?",
                              std::vector<parameter>{key, portion},
                              [](const row& r) { return r.integer(0); });
    if (!keys)
      return fail(std::move(keys.error()));
    if (keys->empty())
      return 0;
    return db_.run("delete from " + std::string{table} + where + "and " + std::string{column} +
                     " <= ?",
                   key,
                   keys->back());
  };
  for (auto [table, column] :
       {std::pair{"run_event", "first_number"}, {"run_host", "number"}, {"run_target", "number"}}) {
    auto dropped = drop_some(table, column);
    if (!dropped || *dropped > 0)
      return dropped;
  }
  auto gone = in_order([&] { return db_.run("delete from run_lock where run = ?", key); },
                       [&] { return db_.run("delete from run_package where run = ?", key); },
                       [&] { return db_.run("delete from run_step where run = ?", key); },
                       [&] { return db_.run("delete from run where job = ?", key); },
                       [&] { return db_.run("delete from job_tree where job = ?", key); },
                       [&] { return db_.run("delete from job where n = ?", key); });
  return gone.map([] { return int64_t{1}; });
}

} // namespace aops::storage
