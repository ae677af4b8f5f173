#include "messages/diag.hpp"

#include "cli/aops/report/diag_summary.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "cli/aops/verbs/watch.hpp"
#include "messages/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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
  auto words = at_least_one(s.args, "cancel", "cancelling");
  if (!words)
    return s.complain(words.error());
  auto tasks = s.task_ids(*words);
  if (!tasks)
    return s.complain(tasks.error());
  return s.show(s.post("/diag/task/cancel", tasks_to_cancel{*tasks}), {});
}

int resume_diagnosis(session& s) {
  auto words = at_least_one(s.args, "resume", "resuming");
  if (!words)
    return s.complain(words.error());
  auto tasks = s.task_ids(*words);
  if (!tasks)
    return s.complain(tasks.error());
  return s.show(s.post("/diag/task/resume", tasks_to_resume{*tasks}), {});
}

/// Names of a task's hosts; of many, the first.
std::string
hosts_text(const session& s, const std::map<std::string, std::string>& names, const json& ids) {
  constexpr size_t most_named = 3;
  std::vector<std::string> shown;
  for (const auto& id : ids)
    if (auto name = names.find(cell_text(id)); name != names.end())
      shown.push_back(name->second);
    else
      shown.push_back(cell_text(id));
  auto all = shown.size();
  if (s.form() != format::wide && all > most_named + 1) {
    shown.resize(most_named);
    shown.push_back(tr("{} more", all - most_named));
  }
  return joined(shown, ", ");
}

/// The newest task first.
int list_diagnoses(session& s) {
  tasks_query query;
  auto range = given_range(s);
  if (!range)
    return s.complain(range.error());
  if (*range)
    query.time_range = moments_of(**range);
  query.sort = "time";
  query.direction = "desc";
  add_paging(query, s.args);
  auto reply = s.post("/diag/task/get", query);
  if (s.wants_table() && reply && reply->contains("task_infos")) {
    const auto& names = s.host_names();
    for (auto& row : (*reply)["task_infos"]) {
      row["hosts"] = hosts_text(s, names, member(row, "host_list"));
      row["reports"] =
        fmt::format("{}/{}", count_of(row, "progress"), count_of(row, "expected_report_num"));
    }
  }
  return s.show(reply,
                {view::kind::whole,
                 "task_infos",
                 {"task_id", "time", "state", "reports", "failed", "tree_list", "hosts"},
                 {}});
}

/// What of the contract's required options is missing; empty when nothing is.
std::string missing_option(const arguments& args) {
  if (!args.has("tree_list"))
    return tr("--tree_list is required");
  if (!args.has("host_list") && !args.on("all_hosts"))
    return tr("--host_list is required (or --all_hosts)");
  if (!args.has("last") && !args.has("start"))
    return tr("--start is required (or --last)");
  if (!args.has("last") && !args.has("end"))
    return tr("--end is required (or --last)");
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
    return fail(ec::bad_request, tr("there are no hosts"));
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
  if (std::all_of(ids->begin(), ids->end(), [&](const auto& id) { return s.is_missing(id); }))
    return tasks; // Said already; the exit code follows from it.
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
    s.note(tr("{} of {} tasks run{}{}; {} hosts are not diagnosed",
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
      result.code = std::max(result.code, s.show(reply, {}));
      continue;
    }
    result.code = std::max(result.code, s.judge(*reply));
    auto expected = count_of(*reply, "expected_report_num");
    result.tasks.push_back({started.back(), expected, 0, {}, {}});
    s.note(tr("task {}: {} reports to come", started.back(), expected));
  }
  return result;
}

/// Tasks submitted earlier.
submitted known_tasks(session& s) {
  submitted result;
  auto words = s.args.list("task_id");
  auto ids = words ? s.task_ids(*words) : words;
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
  std::vector<std::string> others;
  for (const auto& id : *ids)
    if (std::none_of(
          result.tasks.begin(), result.tasks.end(), [&](const auto& x) { return x.id == id; }))
      others.push_back(id);
  if (others.empty())
    return result;
  // Not a diagnosis: a check is followed all the same.
  auto progress = s.fetch("/diag/progress/get", progress_query{others});
  if (!progress)
    return {{}, s.complain(progress.error())};
  for (const auto& row : member(*progress, "result"))
    if (auto expected = count_of(row, "expected_report_num"); expected > 0)
      result.tasks.push_back(
        {.id = text_of(row, "task_id"), .expected = expected, .is_check = true});
    else
      s.missing("task", text_of(row, "task_id"));
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

bool any_fault(const json& rows) {
  return std::any_of(
    rows.begin(), rows.end(), [](const json& row) { return text_of(row, "verdict") == "true"; });
}

int show_reports(session& s, const std::vector<watched_task>& tasks) {
  auto reply = reports_of(s, tasks);
  if (!reply)
    return s.complain(reply.error());
  bool sums_up = s.args.on("all_hosts"), says_found = s.args.on("exit_code");
  auto all = member(*reply, "result").size();
  // An exit code that looks at some of them only would be wrong.
  auto most = says_found ? all : sums_up ? most_summed : most_shown;
  auto rows = with_verdicts(s, member(*reply, "result"), most);
  if (!rows && (s.wants_table() || says_found))
    return s.complain(rows.error());
  if (!rows) {
    s.note(tr("without verdicts: {}", rows.error().detail));
    return s.show(reply, reports_view());
  }
  if (all > most)
    s.note(tr(
      "verdicts of the first {} of {} reports; `aops report list` pages through all", most, all));
  bool found = says_found && any_fault(*rows);
  json summary;
  if (sums_up)
    summary = summary_of(totals_of(tasks), *rows);
  (*reply)["result"] = std::move(*rows);
  if (sums_up && !s.wants_table())
    (*reply)["summary"] = summary;
  auto code = s.show(reply, reports_view());
  if (s.wants_table() && code == exit_done && sums_up)
    s.io.out << summary_text(summary);
  return code == exit_done && found ? exit_found : code;
}

int run_diagnosis(session& s) {
  if (s.args.has("cancel"))
    return cancel(s);
  if (s.args.has("resume"))
    return resume_diagnosis(s);
  bool is_known = s.args.has("task_id");
  if (auto missing = missing_option(s.args); !is_known && !missing.empty())
    return s.misuse(missing);
  auto begun = is_known ? known_tasks(s) : submit(s);
  if (begun.tasks.empty())
    return begun.code;
  watcher followed(s, begun.tasks, s.args.on("watch"));
  const auto& tasks = followed.run();
  std::vector<watched_task> diagnoses;
  for (const auto& task : tasks)
    if (!task.is_check)
      diagnoses.push_back(task);
  auto shown = diagnoses.empty() ? exit_done : show_reports(s, diagnoses);
  auto judged = judge_tasks(s, tasks);
  return begun.code != exit_done ? begun.code : judged != exit_done ? judged : shown;
}

} // namespace

verb diag_verb() {
  return {
    .name = "diag",
    .summary = "Diagnose hosts by fault trees and follow the progress",
    .actions =
      {{.name = "list", .run = list_diagnoses, .lists = true},
       {.name = "follow", .run = run_diagnosis, .positionals = {"task_id"}, .needs = {"task_id"}},
       {.name = "cancel", .run = run_diagnosis, .positionals = {"cancel"}, .needs = {"cancel"}},
       {.name = "resume", .run = run_diagnosis, .positionals = {"resume"}, .needs = {"resume"}}},
    .run = run_diagnosis,
    .options = {{.name = "tree_list",
                 .value = "TREES",
                 .help = "Names of fault trees, separated by commas (required)"},
                {.name = "host_list",
                 .value = "HOSTS",
                 .help = "Ids or names of at most 50 hosts, separated by commas (required)"},
                {.name = "all_hosts",
                 .help = "Every host instead of --host_list, 50 to a task; ends with a summary",
                 .kind = option_kind::flag,
                 .is_extra = true},
                start_option,
                end_option,
                last_option,
                {.name = "interval",
                 .value = "SPAN",
                 .help = "Length of the slices, one report each: 10, 10m",
                 .fallback = "10",
                 .kind = option_kind::span},
                exit_code_option,
                {.name = "watch",
                 .help = "Tell progress also where standard error is no terminal",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "detach",
                 .help = "Do not wait: print the task and end",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "task_id",
                 .value = "TASKS",
                 .help = "Follow tasks that run already instead of starting one",
                 .is_list = true,
                 .is_extra = true},
                {.name = "cancel",
                 .value = "TASKS",
                 .help = "End tasks; what they have stored stays",
                 .is_list = true,
                 .is_extra = true},
                {.name = "resume",
                 .value = "TASKS",
                 .help = "Let tasks go on that wait for you; what they had begun is done again",
                 .is_list = true,
                 .is_extra = true},
                page_option,
                per_page_option},
    .positionals = {"tree_list", "host_list"},
    .examples = "  aops diag cpu_fault web1 web2 --last 1h --interval 10m\n"
                "  aops diag --tree_list cpu_fault --host_list web1 --start 2024-03-01T10:00 --end "
                "2024-03-01T11:00 --interval 60\n"
                "  aops diag cpu_fault --all_hosts --last 1h --interval 10m --exit_code\n"
                "  aops diag list\n"
                "  aops diag cancel 018e4c0a7b1f\n"};
}

} // namespace aops::cli
