#include "messages/diag.hpp"

#include "cli/aops/report/diag_summary.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "cli/aops/verbs/watch.hpp"
#include "messages/host.hpp"

#include <fmt/format.h>

#include <ostream>
#include <set>

namespace aops::cli {

namespace {

/// Hosts a task takes. See docs/reference/diagnosis.md#tasks-and-slices.
constexpr size_t most_hosts = 50;
/// Reports read for their verdict: in a table, and for the summary of all hosts.
constexpr size_t most_shown = 1000, most_summed = 5000;
/// Of starting a task at a node that is overloaded.
constexpr int most_tries = 5;
constexpr int try_again_ms = 1000;

int cancel(session& s) {
  auto tasks = at_least_one(s.args, "cancel", "cancelling");
  if (!tasks)
    return s.complain(tasks.error());
  return s.show(s.post("/diag/task/cancel", tasks_to_cancel{*tasks}), {});
}

/// What of the contract's required options is missing; empty when nothing is.
std::string missing_option(const arguments& args) {
  if (!args.has("tree_list"))
    return "--tree_list is required";
  if (!args.has("host_list") && !args.on("all_hosts"))
    return "--host_list is required (or --all_hosts)";
  if (!args.has("last") && !args.has("start"))
    return "--start is required (or --last)";
  if (!args.has("last") && !args.has("end"))
    return "--end is required (or --last)";
  return {};
}

/// Page by page: a list without pages has an end.
expected<std::vector<std::string>> all_host_ids(session& s) {
  std::vector<std::string> ids;
  std::set<std::string> seen; // A host may slip to another page while hosts come and go.
  for (uint64_t page = 1, pages = 1; page <= pages; ++page) {
    hosts_query query;
    query.sort = "host_name";
    query.page = static_cast<int64_t>(page);
    query.per_page = static_cast<int64_t>(most_hosts);
    auto reply = s.fetch("/manage/host/get", query);
    if (!reply)
      return fail(reply.error());
    pages = count_of(*reply, "total_page");
    for (const auto& host : member(*reply, "host_infos"))
      if (auto id = text_of(host, "host_id"); seen.insert(id).second)
        ids.push_back(id);
  }
  if (ids.empty())
    return fail(ec::bad_request, "there are no hosts");
  return ids;
}

/// One per task: the hosts of `--all_hosts` go 50 to a task.
expected<std::vector<diag_to_execute>> requests(session& s) {
  auto trees = s.args.list("tree_list");
  auto hosts = s.args.on("all_hosts")
                 ? expected<std::vector<std::string>>{std::vector<std::string>{}}
                 : s.args.list("host_list");
  auto range = given_range(s);
  if (!trees || !hosts || !range)
    return fail(!trees ? trees.error() : !hosts ? hosts.error() : range.error());
  auto ids = s.args.on("all_hosts") ? all_host_ids(s) : s.host_ids(*hosts);
  if (!ids)
    return fail(ids.error());
  std::vector<diag_to_execute> tasks;
  for (const auto& part : split_into(*ids, s.args.on("all_hosts") ? most_hosts : ids->size()))
    tasks.push_back({.host_list = part,
                     .time_range = moments_of(range->value_or(time_range{})),
                     .tree_list = *trees,
                     .interval = s.args.whole("interval")});
  return tasks;
}

/// The tasks to follow, or the exit code when there is nothing to follow.
struct submitted {
  std::vector<watched_task> tasks;
  int code = exit_done;
};

/// An overloaded node has not taken the task: it is asked again.
expected<json> start_task(session& s, const diag_to_execute& task) {
  auto reply = s.post("/diag/execute", task);
  for (int i = 0; i < most_tries && !reply && reply.error() == ec::overloaded; ++i) {
    s.io.pause(try_again_ms);
    reply = s.post("/diag/execute", task);
  }
  return reply;
}

/// After a start that failed: what runs all the same, and what does not.
void tell_what_runs(session& s, const std::vector<std::string>& started, size_t all, size_t hosts) {
  if (all > 1)
    s.note(fmt::format("{} of {} tasks run{}{}; {} hosts are not diagnosed",
                       started.size(),
                       all,
                       started.empty() ? "" : ": ",
                       joined(started, ","),
                       hosts));
}

submitted submit(session& s) {
  submitted result;
  auto wanted = requests(s);
  if (!wanted)
    return {{}, s.complain(wanted.error())};
  std::vector<std::string> started;
  for (size_t i = 0; i < wanted->size(); ++i) {
    auto reply = start_task(s, (*wanted)[i]);
    if (!reply || !succeeded(*reply)) {
      result.code = s.show(reply, {});
      size_t hosts = 0;
      for (auto at = i; at < wanted->size(); ++at)
        hosts += (*wanted)[at].host_list.size();
      tell_what_runs(s, started, wanted->size(), hosts);
      return result;
    }
    started.push_back(text_of(*reply, "task_id"));
    if (s.args.on("detach")) {
      s.show(reply, {});
      continue;
    }
    if (partly_succeeded(*reply))
      s.note(reply_error(*reply).detail);
    auto expected = count_of(*reply, "expected_report_num");
    result.tasks.push_back({started.back(), expected, 0, {}, {}});
    s.note(fmt::format("task {}: {} reports to come", started.back(), expected));
  }
  return result;
}

/// Tasks submitted earlier.
submitted known_tasks(session& s) {
  submitted result;
  auto ids = s.args.list("task_id");
  if (!ids)
    return {{}, s.complain(ids.error())};
  tasks_query query;
  query.task_list = *ids;
  auto reply = s.fetch("/diag/task/get", query);
  if (!reply)
    return {{}, s.complain(reply.error())};
  for (const auto& info : member(*reply, "task_infos"))
    result.tasks.push_back(
      {text_of(info, "task_id"), count_of(info, "expected_report_num"), 0, {}, {}});
  if (result.tasks.empty())
    result.code = s.complain({ec::not_found, "no such task"});
  return result;
}

/// The report lists of all tasks as one reply.
expected<json> reports_of(session& s, const std::vector<watched_task>& tasks) {
  json merged;
  for (const auto& task : tasks) {
    reports_query query;
    query.task_id = task.id;
    auto reply = s.fetch("/diag/report/get_list", query);
    if (!reply || merged.is_null()) {
      if (!reply)
        return reply;
      merged = std::move(*reply);
      continue;
    }
    auto& rows = merged["result"];
    for (const auto& row : member(*reply, "result"))
      rows.push_back(row);
    merged["total_count"] = rows.size();
  }
  return merged;
}

task_totals totals_of(const std::vector<watched_task>& tasks) {
  task_totals totals{.tasks = tasks.size()};
  for (const auto& task : tasks) {
    totals.expected += task.expected;
    totals.done += task.state == "done" ? 1 : 0;
  }
  return totals;
}

int show_reports(session& s, const std::vector<watched_task>& tasks) {
  auto reply = reports_of(s, tasks);
  bool is_table = s.wants_table();
  bool sums_up = s.args.on("all_hosts");
  json summary;
  if (reply && (is_table || sums_up)) {
    auto rows = with_verdicts(s, member(*reply, "result"), sums_up ? most_summed : most_shown);
    if (!rows && is_table)
      return s.complain(rows.error());
    if (!rows)
      s.note("no summary: " + rows.error().detail);
    if (rows && sums_up)
      summary = summary_of(totals_of(tasks), *rows);
    if (is_table)
      (*reply)["result"] = std::move(*rows);
    else if (rows)
      (*reply)["summary"] = summary;
  }
  auto code = s.show(reply, reports_view());
  if (is_table && code == exit_done && sums_up)
    s.io.out << summary_text(summary);
  return code;
}

int run(session& s) {
  if (s.args.has("cancel"))
    return cancel(s);
  bool is_known = s.args.has("task_id");
  if (auto missing = missing_option(s.args); !is_known && !missing.empty())
    return s.misuse(missing);
  auto begun = is_known ? known_tasks(s) : submit(s);
  if (begun.tasks.empty())
    return begun.code;
  watcher followed(s, begun.tasks, s.args.on("watch"));
  const auto& tasks = followed.run();
  auto shown = show_reports(s, tasks);
  auto judged = judge_tasks(s, tasks);
  return begun.code != exit_done ? begun.code : judged != exit_done ? judged : shown;
}

} // namespace

verb diag_verb() {
  return {
    .name = "diag",
    .summary = "Diagnose hosts by fault trees and follow the progress",
    .run = run,
    .options =
      {{.name = "tree_list",
        .value = "TREES",
        .help = "Names of fault trees, separated by commas (required)"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "Ids or names of at most 50 hosts, separated by commas (required)"},
       {.name = "all_hosts",
        .help = "Every host instead of --host_list, 50 to a task; ends with a summary",
        .kind = option_kind::flag},
       {.name = "start",
        .value = "TIME",
        .help = "Begin, as 20240301-10:15:30 local time (required)"},
       {.name = "end", .value = "TIME", .help = "End, as 20240301-10:15:30 local time (required)"},
       last_option,
       {.name = "interval",
        .value = "SECONDS",
        .help = "Length of the slices, one report each",
        .fallback = "10",
        .kind = option_kind::whole},
       {.name = "watch",
        .help = "Tell progress also where standard error is no terminal",
        .kind = option_kind::flag},
       {.name = "detach", .help = "Do not wait: print the task and end", .kind = option_kind::flag},
       {.name = "task_id",
        .value = "TASKS",
        .help = "Follow tasks that run already instead of starting one"},
       {.name = "cancel", .value = "TASKS", .help = "End tasks; what they have stored stays"}},
    .examples =
      "  aops diag --tree_list cpu_fault --host_list web1 --start 20240301-10:00:00 --end "
      "20240301-11:00:00 --interval 60\n"
      "  aops diag --tree_list cpu_fault --all_hosts --last 1h --interval 600 -o table\n"
      "  aops diag --cancel 018e4c0a7b1f0d7c9a3e5b7f2c4d6e80\n"};
}

} // namespace aops::cli
