#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/named_rows.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

/// The part of `run_repository` that lists.
namespace aops::storage {

namespace {

using base::json;

constexpr int64_t usual_log_page = 500;

/// Rows of events that one request reads: a filter that nothing passes must end, too.
constexpr int64_t most_chunks = 64;

maybe<moment> unless_0(int64_t ms) {
  maybe<moment> x;
  if (ms > 0)
    x.emplace(moment{ms});
  return x;
}

int64_t* count_of(run_counts& x, std::string_view state) {
  const std::pair<std::string_view, int64_t*> all[] = {{"pending", &x.pending},
                                                       {"running", &x.running},
                                                       {"ok", &x.ok},
                                                       {"failed", &x.failed},
                                                       {"unreachable", &x.unreachable},
                                                       {"skipped", &x.skipped},
                                                       {"interrupted", &x.interrupted}};
  for (const auto& [name, n] : all)
    if (name == state)
      return n;
  return &x.interrupted;
}

/// What became of so many hosts of a run. One that does not end well takes no part in later steps,
/// so it is counted once; the last step has them all.
run_counts in_all(const std::vector<run_step_info>& steps, int64_t hosts) {
  run_counts x;
  for (const auto& step : steps) {
    x.running += step.hosts.running;
    x.failed += step.hosts.failed;
    x.unreachable += step.hosts.unreachable;
    x.interrupted += step.hosts.interrupted;
  }
  if (!steps.empty())
    x.ok = steps.back().hosts.ok + steps.back().hosts.skipped;
  x.pending = hosts - x.running - x.failed - x.unreachable - x.interrupted - x.ok;
  return x;
}

/// What is under way in a run that ended is so no longer; what has not begun never will be.
void settle(run_counts& x) {
  x.skipped += std::exchange(x.pending, 0);
  x.interrupted += std::exchange(x.running, 0);
}

void settle(run_info& x) {
  settle(x.hosts);
  for (auto& step : x.steps) {
    settle(step.hosts);
    if (step.state == "pending")
      step.state = "skipped";
    if (step.state == "running")
      step.state = "interrupted";
  }
}

/// Of a task the one that was started last; of two at once the one stored last. The index of tasks
/// finds a later one at once, or that there is none.
constexpr std::string_view is_newest =
  "not exists (select 1 from run x where x.owner = run.owner and x.task_id = run.task_id and "
  "x.created_ms >= run.created_ms and (x.created_ms > run.created_ms or x.job > run.job))";

filter conditions(std::string_view owner, const runs_query& q) {
  filter out("owner = ?", owner);
  if (q.execution_list)
    out.in("id", *q.execution_list);
  if (q.state)
    out.in("state", *q.state);
  if (q.time_range && q.time_range->size() == 2)
    out.also("created_ms >= ? and created_ms <= ?", (*q.time_range)[0].ms, (*q.time_range)[1].ms);
  if (q.latest.value_or(false))
    out.also(is_newest);
  return out;
}

} // namespace

bool is_run_over(std::string_view state) {
  return state == "done" || state == "failed" || state == "cancelled" || state == "timed_out";
}

expected<int64_t> run_repository::key_of(std::string_view owner, std::string_view id) {
  auto key = db_.integer("select job from run where owner = ? and id = ?", owner, id);
  if (!key)
    return fail(std::move(key.error()));
  if (!*key)
    return fail(ec::not_found, "execution_id: no such run");
  return **key;
}

// -- runs

expected<runs_page> run_repository::page(std::string_view owner, const runs_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  auto matching = conditions(owner, q);
  if (q.task_list)
    also_either(matching, "task_id", "task_name", *q.task_list);
  auto window = window_of(db_, p, "run", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {
    {"time", "created_ms"}, {"task_name", "task_name"}, {"state", "state"}};
  auto order =
    p.sort.empty() ? std::string{" order by job desc"} : order_by(p, choices, "job", "job");
  auto keys =
    db_.list_with("select job from run where " + matching.where() + order + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  [](const row& r) { return r.integer(0); });
  if (!keys)
    return fail(std::move(keys.error()));
  runs_page out;
  set_totals(out, window->total, p);
  return listed(*keys).map([&](std::vector<run_info> all) {
    out.executions = std::move(all);
    return std::move(out);
  });
}

expected<std::vector<run_info>> run_repository::listed(const std::vector<int64_t>& keys) {
  std::unordered_map<int64_t, run_info> found;
  std::unordered_map<int64_t, int64_t> at;
  auto read_run = [&](const row& r) {
    auto& x = found[r.integer(0)];
    x.execution_id = r.string(1);
    x.task_id = r.string(2);
    x.task_name = r.string(3);
    x.username = r.string(4);
    x.state = r.string(5);
    x.reason = r.string(6);
    x.check = r.boolean(7);
    if (!r.text(8).empty())
      x.retry_of.emplace(r.string(8));
    at[r.integer(0)] = r.integer(9);
    x.events = r.integer(10);
    x.time.ms = r.integer(11);
    x.started = unless_0(r.integer(12));
    x.ended = unless_0(r.integer(13));
    return true;
  };
  auto read_step = [&](const row& r) {
    auto& run = found.at(r.integer(0));
    run_step_info x;
    x.step = r.string(2);
    x.state = r.string(3);
    x.started = unless_0(r.integer(4));
    x.ended = unless_0(r.integer(5));
    x.message = r.string(6);
    x.hosts.pending = r.integer(7);
    if (r.integer(1) == at[r.integer(0)] && !is_run_over(run.state))
      run.step.emplace(x.step);
    run.steps.push_back(std::move(x));
    return true;
  };
  // Hosts that a step has, until it is told what became of them.
  auto read_host = [&](const row& r) {
    auto& run = found.at(r.integer(0));
    auto place = static_cast<size_t>(r.integer(1));
    if (place >= run.steps.size())
      return false;
    auto state = r.text(2);
    run.steps[place].hosts.pending -= r.integer(3);
    *count_of(run.steps[place].hosts, state) += r.integer(3);
    return true;
  };
  auto read_targets = [&](const row& r) {
    auto& run = found.at(r.integer(0));
    run.hosts = in_all(run.steps, r.integer(1));
    return true;
  };
  auto done = for_parts(keys, [&](const std::vector<int64_t>& part) -> expected<void> {
    auto each =
      [&](std::string_view query, std::string_view key, std::string_view tail, auto read) {
        filter matching("1 = 1");
        matching.in(key, part);
        std::string statement{query};
        statement.append(" where ").append(matching.where()).append(tail);
        return only(db_.list_with(statement, matching.values(), read));
      };
    return in_order(
      [&] {
        return each("select job, id, task_id, task_name, username, state, reason, is_check, "
                    "retry_of, step, events, created_ms, started_ms, ended_ms from run",
                    "job",
                    "",
                    read_run);
      },
      [&] {
        return each("select s.run, s.position, s.step_name, s.state, s.started_ms, s.ended_ms, "
                    "s.message, (select count(*) from run_target t where t.run = s.run and "
                    "t.first_step <= s.position) from run_step s",
                    "s.run",
                    " order by s.run, s.position",
                    read_step);
      },
      [&] {
        return each("select run, step, state, count(*) from run_host",
                    "run",
                    " group by run, step, state",
                    read_host);
      },
      [&] {
        return each("select run, count(*) from run_target", "run", " group by run", read_targets);
      });
  });
  if (!done)
    return fail(std::move(done.error()));
  std::vector<run_info> out;
  for (auto key : keys)
    if (auto x = found.find(key); x != found.end()) {
      if (is_run_over(x->second.state))
        settle(x->second);
      out.push_back(std::move(x->second));
    }
  return out;
}

// -- hosts

expected<run_hosts_page> run_repository::hosts(std::string_view owner, const run_hosts_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto read_state = [](const row& r) { return std::pair{r.integer(0), r.string(1)}; };
  auto run = db_.first(
    "select job, state from run where owner = ? and id = ?", read_state, owner, q.execution_id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return fail(ec::not_found, "execution_id: no such run");
  auto [key, run_state] = **run;
  const bool is_over = is_run_over(run_state);
  const std::string source = "run_step s join run_target t on t.run = s.run and "
                             "t.first_step <= s.position left join run_host h on h.run = s.run "
                             "and h.step = s.position and h.number = t.number";
  const std::string state =
    is_over ? "case when h.state is null or h.state = 'pending' then 'skipped' when "
              "h.state = 'running' then 'interrupted' else h.state end"
            : "coalesce(h.state, 'pending')";
  filter matching("s.run = ?", key);
  if (q.step)
    matching.in("s.step_name", *q.step);
  if (q.host_list)
    matching.in("t.host_id", *q.host_list);
  if (q.state)
    matching.in(state, *q.state);
  auto p = paging_of(q);
  auto window = window_of(db_, p, source, matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"host_name", "t.host_name"}, {"state", "h.state"}};
  auto order = p.sort.empty() ? std::string{" order by s.position, t.number"}
                              : order_by(p, choices, "s.position", "t.number");
  auto rows =
    db_.list_with("select s.step_name, t.host_id, t.host_name, " + state +
                    ", h.started_ms, h.ended_ms, h.attempts, h.ok, h.changed, h.failed, h.skipped, "
                    "h.failed_action, h.message from " +
                    source + " where " + matching.where() + order + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  [](const row& r) {
                    run_host_info x;
                    x.step = r.string(0);
                    x.host_id = r.string(1);
                    x.host_name = r.string(2);
                    x.state = r.string(3);
                    x.started = unless_0(r.integer(4));
                    x.ended = unless_0(r.integer(5));
                    x.attempts = r.integer(6);
                    x.ok = r.integer(7);
                    x.changed = r.integer(8);
                    x.failed = r.integer(9);
                    x.skipped = r.integer(10);
                    x.action = r.string(11);
                    x.message = r.string(12);
                    return x;
                  });
  if (!rows)
    return fail(std::move(rows.error()));
  run_hosts_page out;
  set_totals(out, window->total, p);
  out.results = std::move(*rows);
  return out;
}

// -- events

expected<run_log_page> run_repository::log(std::string_view owner, const run_log_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto read_run = [](const row& r) { return std::pair{r.integer(0), r.integer(1)}; };
  auto run = db_.first(
    "select job, events from run where owner = ? and id = ?", read_run, owner, q.execution_id);
  if (!run)
    return fail(std::move(run.error()));
  if (!*run)
    return fail(ec::not_found, "execution_id: no such run");
  auto [key, last] = **run;
  run_log_page out;
  out.last = last;
  out.next = q.after.value_or(0);
  const auto limit = static_cast<size_t>(q.limit.value_or(usual_log_page));
  std::unordered_set<std::string_view> hosts, types;
  if (q.host_list)
    hosts.insert(q.host_list->begin(), q.host_list->end());
  if (q.type)
    types.insert(q.type->begin(), q.type->end());
  auto is_wanted = [&](const run_event& x) {
    return (hosts.empty() || (x.host_id && hosts.contains(*x.host_id))) &&
           (types.empty() || types.contains(x.type));
  };
  auto rows = db_.query("select body, last_number from run_event where run = ? and "
                        "first_number > ? - ? and last_number > ? order by first_number limit ?",
                        key,
                        out.next,
                        most_events_in_row,
                        out.next,
                        most_chunks);
  if (!rows)
    return fail(std::move(rows.error()));
  bool is_at_end = true;
  int64_t chunks = 0;
  for (;;) {
    auto more = (*rows)->next();
    if (!more)
      return fail(std::move(more.error()));
    if (!*more)
      break;
    ++chunks;
    auto list = json::parse((*rows)->text(0), nullptr, false);
    for (const auto& item : list) {
      auto x = base::decode<run_event>(item);
      if (!x || x->number <= out.next)
        continue;
      if (out.events.size() >= limit) {
        is_at_end = false;
        break;
      }
      out.next = x->number;
      if (is_wanted(*x))
        out.events.push_back(std::move(*x));
    }
    if (!is_at_end)
      break;
    out.next = std::max(out.next, (*rows)->integer(1));
  }
  if (is_at_end && chunks < most_chunks)
    out.next = std::max(out.next, last);
  return out;
}

expected<run_standing> run_repository::standing(std::string_view owner, std::string_view id) {
  auto found = db_.first(
    "select r.state, j.finished, j.expected, r.events from run r join job j on j.n = r.job "
    "where r.owner = ? and r.id = ?",
    [&](const row& r) {
      return run_standing{std::string{id},
                          r.string(0),
                          r.integer(1),
                          r.integer(2),
                          r.integer(3),
                          is_run_over(r.text(0))};
    },
    owner,
    id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "execution_id: no such run");
  return std::move(**found);
}

// -- statistics

namespace {

/// Adds runs, steps or hosts that ended in a state.
void add(run_stat& x, std::string_view state, const row& r, int first) {
  auto n = r.integer(first);
  x.runs += n;
  if (state == "failed" || state == "unreachable" || state == "timed_out") {
    x.failed += n;
  } else if (state != "done" && state != "ok") {
    x.other += n;
  } else {
    auto total = x.mean_ms.value_or(0) * x.succeeded + r.integer(first + 2);
    x.succeeded += n;
    x.shortest_ms.emplace(std::min(x.shortest_ms.value_or(INT64_MAX), r.integer(first + 1)));
    x.longest_ms.emplace(std::max(x.longest_ms.value_or(0), r.integer(first + 3)));
    x.mean_ms.emplace(x.succeeded > 0 ? total / x.succeeded : 0);
  }
  if (x.succeeded + x.failed > 0)
    x.success_rate.emplace(static_cast<double>(x.succeeded) /
                           static_cast<double>(x.succeeded + x.failed));
}

constexpr size_t most_hosts_in_stats = 1000;

const std::string durations = "count(*), min(x.ended_ms - x.started_ms), "
                              "sum(x.ended_ms - x.started_ms), max(x.ended_ms - x.started_ms)";

} // namespace

expected<run_stats> run_repository::stats(std::string_view owner, const run_stat_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter matching("r.owner = ?", owner);
  if (q.task_list)
    also_either(matching, "r.task_id", "r.task_name", *q.task_list);
  if (q.time_range && q.time_range->size() == 2)
    matching.also(
      "r.created_ms >= ? and r.created_ms <= ?", (*q.time_range)[0].ms, (*q.time_range)[1].ms);
  const std::string over = " and r.ended_ms > 0";
  run_stats out;
  out.total.name = "all";
  auto tasks = db_.count("select count(*) from deploy_task where owner = ?", owner);
  if (!tasks)
    return fail(std::move(tasks.error()));
  out.tasks = *tasks;
  auto open =
    db_.integer_with("select count(*) from run r where " + matching.where() + " and r.ended_ms = 0",
                     matching.values());
  if (!open)
    return fail(std::move(open.error()));
  out.open = open->value_or(0);
  by_text<run_stat> by_task, by_step, by_host;
  auto read_task = [&](const row& r) {
    auto& x = by_task[r.string(0)];
    x.name = r.string(1);
    x.task_id.emplace(r.string(0));
    for (auto* to : {&out.total, &x}) {
      add(*to, r.text(2), r, 4);
      if (r.text(2) == "done") // Such a run has a reason where not all of its hosts came through.
        to->partial.emplace(to->partial.value_or(0) + r.integer(3));
    }
    return true;
  };
  auto read_step = [&](const row& r) {
    auto& x = by_step[r.string(0)];
    x.name = r.string(0);
    add(x, r.text(1), r, 2);
    return true;
  };
  auto read_host = [&](const row& r) {
    auto& x = by_host[r.string(0)];
    x.name = r.string(1);
    x.host_id.emplace(r.string(0));
    add(x, r.text(2), r, 3);
    return true;
  };
  auto ask = [&](const std::string& columns,
                 const std::string& source,
                 const std::string& group,
                 auto read) {
    return only(db_.list_with("select " + columns + ", " + durations + " from " + source +
                                " where " + matching.where() + over + " group by " + group,
                              matching.values(),
                              read));
  };
  auto done = in_order(
    [&] {
      std::string source = "run r join run x on x.job = r.job";
      return ask(
        "r.task_id, max(r.task_name), r.state, sum(case when r.reason <> '' then 1 else 0 end)",
        source,
        "r.task_id, r.state",
        read_task);
    },
    [&] {
      std::string source = "run r join run_step x on x.run = r.job";
      return ask("x.step_name, x.state", source, "x.step_name, x.state", read_step);
    },
    [&] {
      std::string source = "run r join run_host x on x.run = r.job join run_target t on "
                           "t.run = x.run and t.number = x.number";
      return ask("t.host_id, max(t.host_name), x.state", source, "t.host_id, x.state", read_host);
    });
  if (!done)
    return fail(std::move(done.error()));
  auto listed = [](by_text<run_stat>& from) {
    std::vector<run_stat> all;
    for (auto& [key, x] : from)
      all.push_back(std::move(x));
    std::stable_sort(
      all.begin(), all.end(), [](const run_stat& a, const run_stat& b) { return a.name < b.name; });
    return all;
  };
  out.by_task = listed(by_task);
  out.by_step = listed(by_step);
  out.by_host = listed(by_host);
  std::stable_sort(out.by_host.begin(),
                   out.by_host.end(),
                   [](const run_stat& a, const run_stat& b) { return a.failed > b.failed; });
  out.by_host.resize(std::min(out.by_host.size(), most_hosts_in_stats));
  return out;
}

} // namespace aops::storage
