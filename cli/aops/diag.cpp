#include "cli/aops/common.hpp"
#include "cli/aops/table.hpp"
#include "cli/aops/text.hpp"
#include "cli/aops/watch.hpp"
#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

constexpr size_t most_hosts = 50; ///< Hosts a task takes. Source: REST contract §6.2.

int cancel(session& s) {
  auto tasks = at_least_one(s.args, "cancel", "cancelling");
  if (!tasks)
    return s.complain(tasks.error());
  return s.show(s.post("/diag/task/cancel", {{"task_list", *tasks}}), {});
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

expected<std::vector<std::string>> all_host_ids(session& s) {
  auto reply = s.fetch("/manage/host/get", {{"host_group_list", json::array()}});
  if (!reply)
    return fail(reply.error());
  std::vector<std::string> ids;
  for (const auto& host : member(*reply, "host_infos"))
    ids.push_back(text_of(host, "host_id"));
  if (ids.empty())
    return fail(ec::bad_request, "there are no hosts");
  return ids;
}

/// One body of `/diag/execute` per task: the hosts of `--all_hosts` go 50 to a task.
expected<std::vector<json>> requests(session& s) {
  auto trees = s.args.list("tree_list");
  auto hosts = s.args.on("all_hosts")
                 ? expected<std::vector<std::string>>{std::vector<std::string>{}}
                 : s.args.list("host_list");
  auto range = given_range(s, 3600);
  if (!trees || !hosts || !range)
    return fail(!trees ? trees.error() : !hosts ? hosts.error() : range.error());
  auto ids = s.args.on("all_hosts") ? all_host_ids(s) : s.host_ids(*hosts);
  if (!ids)
    return fail(ids.error());
  auto portion = s.args.on("all_hosts") ? most_hosts : ids->size();
  std::vector<json> bodies;
  for (size_t at = 0; at < ids->size(); at += portion) {
    std::vector<std::string> part(
      ids->begin() + static_cast<std::ptrdiff_t>(at),
      ids->begin() + static_cast<std::ptrdiff_t>(std::min(ids->size(), at + portion)));
    bodies.push_back({{"host_list", part},
                      {"time_range", to_json(range->value_or(time_range{}))},
                      {"tree_list", *trees},
                      {"interval", s.args.whole("interval")}});
  }
  return bodies;
}

/// The tasks to follow, or the exit code when there is nothing to follow.
struct submitted {
  std::vector<watched_task> tasks;
  int code = exit_done;
};

submitted submit(session& s) {
  submitted result;
  auto bodies = requests(s);
  if (!bodies)
    return {{}, s.complain(bodies.error())};
  for (const auto& body : *bodies) {
    auto reply = s.post("/diag/execute", body);
    if (!reply || !succeeded(*reply) || s.args.on("detach")) {
      result.code = s.show(reply, {});
      if (result.code != exit_done)
        return result;
      continue;
    }
    if (count_of(*reply, "code") == code_partial)
      s.note(reply_error(*reply).detail);
    auto expected = count_of(*reply, "expected_report_num");
    result.tasks.push_back({text_of(*reply, "task_id"), expected, 0, {}, {}});
    s.note(fmt::format("task {}: {} reports to come", result.tasks.back().id, expected));
  }
  return result;
}

/// Tasks submitted earlier.
submitted known_tasks(session& s) {
  submitted result;
  auto ids = s.args.list("task_id");
  if (!ids)
    return {{}, s.complain(ids.error())};
  auto reply = s.fetch("/diag/task/get", {{"task_list", *ids}});
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
    auto reply = s.fetch("/diag/report/get_list", {{"task_id", task.id}});
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

int show_reports(session& s, const std::vector<watched_task>& tasks) {
  auto reply = reports_of(s, tasks);
  if (reply && (s.form() == format::table || s.form() == format::wide)) {
    auto rows = with_verdicts(s, member(*reply, "result"));
    if (!rows)
      return s.complain(rows.error());
    (*reply)["result"] = *rows;
  }
  return s.show(
    reply,
    {view::kind::whole,
     "result",
     {"host_name", "tree_name", "start", "end", "verdict", "root_cause", "report_id"},
     {"host_name", "tree_name", "start", "end", "verdict", "root_cause", "report_id", "*"}});
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
    "diag",
    "Diagnose hosts by fault trees and follow the progress",
    {text_option("tree_list", "TREES", "Names of fault trees, separated by commas (required)"),
     text_option(
       "host_list", "HOSTS", "Ids or names of at most 50 hosts, separated by commas (required)"),
     flag_option("all_hosts", "Every host instead of --host_list, 50 to a task"),
     text_option("start", "TIME", "Begin, as 20240301-10:15:30 local time (required)"),
     text_option("end", "TIME", "End, as 20240301-10:15:30 local time (required)"),
     last_option,
     text_option("interval", "SECONDS", "Length of the slices, one report each")
       .whole()
       .or_else("10"),
     flag_option("watch", "Tell progress also where standard error is no terminal"),
     flag_option("detach", "Do not wait: print the task and end"),
     text_option("task_id", "TASKS", "Follow tasks that run already instead of starting one"),
     text_option("cancel", "TASKS", "End tasks; what they have stored stays")},
    {},
    run,
    true,
    true,
    "  aops diag --tree_list cpu_fault --host_list web1 --start 20240301-10:00:00 --end "
    "20240301-11:00:00 --interval 60\n"
    "  aops diag --tree_list cpu_fault --all_hosts --last 1h --interval 600 -o table\n"
    "  aops diag --cancel 018e4c0a7b1f0d7c9a3e5b7f2c4d6e80\n"};
}

} // namespace aops::cli
