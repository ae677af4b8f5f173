#include "messages/run.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/run_watch.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// Runs looked at for the beginning of an id.
constexpr int64_t most_looked_at = 1000;
/// Events asked for at once.
constexpr int64_t events_per_page = 1000;

const std::vector<std::string> run_columns = {
  "execution_id", "task_name", "state", "time", "started", "ended", "username", "reason"};
const std::vector<std::string> step_columns = {
  "step", "host_name", "state", "ok", "changed", "failed", "action", "message"};

/// Ids of runs given by id or its beginning.
expected<std::vector<std::string>> run_ids(session& s, const std::vector<std::string>& words) {
  std::vector<std::string> ids;
  json rows;
  for (const auto& word : words) {
    if (!is_id_prefix(word)) {
      ids.push_back(word);
      continue;
    }
    if (rows.is_null()) {
      runs_query query;
      query.page = 1;
      query.per_page = most_looked_at;
      auto reply = s.fetch("/manage/task/result/get", query);
      if (!reply)
        return fail(reply.error());
      rows = member(*reply, "executions");
    }
    std::vector<std::string> fitting;
    for (const auto& row : rows)
      if (auto id = text_of(row, "execution_id"); id.starts_with(word))
        fitting.push_back(id);
    if (fitting.size() > 1)
      return fail(ec::bad_request, tr("{}: is the beginning of several runs", word));
    ids.push_back(fitting.empty() ? word : fitting.front());
  }
  return ids;
}

expected<std::vector<std::string>> wanted_runs(session& s, std::string_view what) {
  auto words = at_least_one(s.args, "run_list", what);
  return words ? run_ids(s, *words) : words;
}

int list_runs(session& s) {
  runs_query query;
  if (s.args.has("run_list")) {
    auto ids = wanted_runs(s, "list");
    if (!ids)
      return s.complain(ids.error());
    query.execution_list = *ids;
  }
  for (auto [option, member] :
       {std::pair{"task_list", &runs_query::task_list}, std::pair{"state", &runs_query::state}}) {
    if (!s.args.has(option))
      continue;
    auto words = s.args.list(option);
    if (!words)
      return s.complain(words.error());
    query.*member = *words;
  }
  auto range = given_range(s);
  if (!range)
    return s.complain(range.error());
  if (*range)
    query.time_range = moments_of(**range);
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(s.post("/manage/task/result/get", query),
                {view::kind::json_list, "executions", run_columns, {}, "execution_id"});
}

/// The steps of one run on its hosts.
int hosts(session& s) {
  auto ids = wanted_runs(s, "hosts");
  if (!ids)
    return s.complain(ids.error());
  if (ids->size() != 1)
    return s.misuse(tr("hosts: exactly one run"));
  run_hosts_query query;
  query.execution_id = ids->front();
  for (auto [option, member] :
       {std::pair{"state", &run_hosts_query::state}, std::pair{"step", &run_hosts_query::step}}) {
    if (!s.args.has(option))
      continue;
    auto words = s.args.list(option);
    if (!words)
      return s.complain(words.error());
    query.*member = *words;
  }
  if (s.args.has("host_list")) {
    auto words = s.args.list("host_list");
    auto found = words ? s.host_ids(*words) : words;
    if (!found)
      return s.complain(found.error());
    query.host_list = *found;
  }
  add_paging(query, s.args);
  return s.show(s.post("/manage/task/result/hosts", query),
                {view::kind::json_list, "results", step_columns, {}, "host_name"});
}

/// An event as a line: when, where, what came of it, and under it what was told.
std::string event_text(const json& event, const std::map<std::string, std::string>& names) {
  auto host = text_of(event, "host_id");
  auto name = names.find(host);
  auto outcome =
    text_of(event, "type") == "event" ? text_of(event, "outcome") : text_of(event, "state");
  std::string line = fmt::format("{:>6}  {}  {}",
                                 count_of(event, "number"),
                                 text_of(event, "step"),
                                 name == names.end() ? host : name->second);
  for (const auto& part : {outcome, text_of(event, "action"), text_of(event, "message")})
    if (!part.empty())
      line += "  " + part;
  line = printable(line);
  std::string_view output;
  auto whole = text_of(event, "output");
  for (output = whole; !output.empty();) {
    auto end = std::min(output.find('\n'), output.size());
    line += "\n        " + printable(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return line;
}

int log(session& s) {
  auto ids = wanted_runs(s, "log");
  if (!ids)
    return s.complain(ids.error());
  if (ids->size() != 1)
    return s.misuse(tr("log: exactly one run"));
  run_log_query query;
  query.execution_id = ids->front();
  query.limit = events_per_page;
  if (s.args.has("after"))
    query.after = s.args.whole("after");
  if (s.args.has("host_list")) {
    auto words = s.args.list("host_list");
    auto found = words ? s.host_ids(*words) : words;
    if (!found)
      return s.complain(found.error());
    query.host_list = *found;
  }
  bool is_text = s.wants_table();
  while (true) {
    auto reply = s.fetch("/manage/task/result/log", query);
    if (!reply)
      return s.complain(reply.error());
    for (const auto& event : member(*reply, "events")) {
      if (is_text)
        s.io.out << event_text(event, s.host_names()) << '\n';
      else
        s.io.out << to_line(event) << '\n';
    }
    auto next = static_cast<int64_t>(count_of(*reply, "next"));
    if (next >= static_cast<int64_t>(count_of(*reply, "last")) || next <= query.after.value_or(0))
      return exit_done;
    query.after = next;
  }
}

int watch(session& s) {
  auto ids = wanted_runs(s, "watch");
  if (!ids)
    return s.complain(ids.error());
  return watch_runs(s, *ids);
}

/// What was not done, each with its reason; the exit code.
template <class Request>
int act(session& s, std::string_view what) {
  auto ids = wanted_runs(s, what);
  if (!ids)
    return s.complain(ids.error());
  Request wanted;
  wanted.execution_list = *ids;
  if constexpr (requires { wanted.decision; })
    if (s.args.has("decision"))
      wanted.decision = s.args.text("decision");
  auto reply = s.post(fmt::format("/manage/task/{}", what), wanted);
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  auto code = s.show(reply, {});
  for (const auto& x : member(*reply, "ignored"))
    code = s.complain(
      {ec::task_failed, tr("run {}: {}", text_of(x, "execution_id"), text_of(x, "reason"))});
  return code;
}

int stop(session& s) { return act<runs_to_stop>(s, "stop"); }
int pause(session& s) { return act<runs_to_pause>(s, "pause"); }
int approve(session& s) { return act<runs_to_approve>(s, "approve"); }
int resume_run(session& s) { return act<runs_to_resume>(s, "resume"); }

int retry(session& s) {
  auto ids = wanted_runs(s, "retry");
  if (!ids)
    return s.complain(ids.error());
  runs_to_retry wanted;
  wanted.execution_list = *ids;
  return show_started(s, s.post("/manage/task/retry", wanted));
}

int stat(session& s) {
  run_stat_query query;
  if (s.args.has("task_list")) {
    auto words = s.args.list("task_list");
    if (!words)
      return s.complain(words.error());
    query.task_list = *words;
  }
  auto range = given_range(s);
  if (!range)
    return s.complain(range.error());
  if (*range)
    query.time_range = moments_of(**range);
  auto by = "by_" + s.args.text("by");
  return s.show(
    s.post("/manage/task/stat", query),
    {view::kind::json_list,
     by,
     {"name", "runs", "succeeded", "partial", "failed", "other", "success_rate", "mean_ms", "*"},
     {},
     "name"});
}

} // namespace

int watch_runs(session& s, const std::vector<std::string>& ids) {
  int code = exit_done;
  for (const auto& id : ids)
    if (auto one = run_watcher{s, id}.run(); code == exit_done)
      code = one;
  return code;
}

int show_started(session& s, const expected<json>& reply) {
  if (!s.args.on("watch") || !reply || !succeeded(*reply))
    return s.show(reply, {});
  std::vector<std::string> ids;
  for (const auto& id : member(*reply, "execution_id"))
    if (id.is_string())
      ids.push_back(id.get<std::string>());
  return watch_runs(s, ids);
}

verb run_verb() {
  return {
    .name = "run",
    .summary = "Follow, stop and continue runs of deployment tasks",
    .actions =
      {{.name = "list", .run = list_runs, .positionals = {"run_list"}, .lists = true},
       {.name = "watch", .run = watch, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "hosts",
        .run = hosts,
        .positionals = {"run_list"},
        .needs = {"run_list"},
        .lists = true},
       {.name = "log", .run = log, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "stop", .run = stop, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "pause", .run = pause, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "approve", .run = approve, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "resume", .run = resume_run, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "retry", .run = retry, .positionals = {"run_list"}, .needs = {"run_list"}},
       {.name = "stat", .run = stat, .lists = true}},
    .options =
      {{.name = "run_list",
        .value = "RUNS",
        .help = "Ids of runs or their beginnings, separated by commas"},
       {.name = "task_list",
        .value = "TASKS",
        .help = "list, stat: only of these tasks, ids or names"},
       {.name = "state",
        .value = "STATES",
        .help = "list: only runs that stand so; hosts: only hosts, such as failed,unreachable",
        .is_list = true},
       {.name = "step", .value = "STEPS", .help = "hosts: only these steps", .is_list = true},
       {.name = "host_list", .value = "HOSTS", .help = "hosts, log: only these, ids or names"},
       {.name = "after",
        .value = "N",
        .help = "log: only events with a greater number",
        .kind = option_kind::whole},
       {.name = "decision",
        .value = "WHAT",
        .help = "resume: whether the step of hosts that were interrupted is done again, or these "
                "are left out",
        .choices = {"again", "skip"}},
       {.name = "by",
        .value = "WHAT",
        .help = "stat: a row for each of these",
        .choices = {"task", "step", "host"},
        .fallback = "task"},
       {.name = "watch", .help = "retry: follow the new run", .kind = option_kind::flag},
       {.name = "sort",
        .value = "FIELD",
        .help = "list: order",
        .choices = {"time", "task_name", "state"}},
       direction_option,
       start_option,
       end_option,
       last_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops run list --last 1d --state failed\n"
                "  aops run watch 018e4c0a7b1f\n"
                "  aops run hosts 018e4c0a7b1f --state failed,unreachable\n"
                "  aops run log 018e4c0a7b1f --host_list web1\n"
                "  aops run retry 018e4c0a7b1f --watch\n"
                "  aops run stat --by host\n"};
}

} // namespace aops::cli
