#include "messages/task.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/task_file.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/run_watch.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

const std::vector<std::string> task_columns = {
  "task_id", "task_name", "description", "template_name", "*"};

using reader = expected<json> (*)(const std::string& name, std::string_view text);

/// What the file of an option holds; null when the option is absent.
expected<json> document_of(session& s, std::string_view option, reader read) {
  if (!s.args.has(option))
    return json(nullptr);
  const auto& file = s.args.text(option);
  auto text = read_file(file);
  return text ? read(file, *text) : expected<json>{fail(text.error())};
}

int generate(session& s) {
  auto name = exactly_one(s.args, "task_name", "generate");
  if (!name)
    return s.complain(name.error());
  auto templates = at_least_one(s.args, "template_name", "generate");
  if (!templates)
    return s.complain(templates.error());
  deploy_task_to_generate x;
  x.task_name = *name;
  x.description = s.args.text("description");
  x.template_name = *templates;
  if (s.args.has("host_list")) {
    auto words = s.args.list("host_list");
    auto ids = words ? s.host_ids(*words) : words;
    if (!ids)
      return s.complain(ids.error());
    x.host_list = *ids;
  }
  if (s.args.has("host_group_list")) {
    auto groups = s.args.list("host_group_list");
    if (!groups)
      return s.complain(groups.error());
    x.host_group_list = *groups;
  }
  auto steps = document_of(s, "steps", read_steps);
  if (!steps)
    return s.complain(steps.error());
  auto vars = document_of(s, "vars", read_variables);
  if (!vars)
    return s.complain(vars.error());
  auto body = body_of(x);
  if (!steps->is_null())
    body["steps"] = std::move(*steps);
  if (!vars->is_null())
    body["vars"] = *vars;
  return s.show(s.post("/manage/task/generate", body), {});
}

int query_tasks(session& s) {
  auto tasks = s.args.list("task_list");
  if (!tasks)
    return s.complain(tasks.error());
  deploy_tasks_query query;
  query.task_list = *tasks;
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(s.post("/manage/task/get", query),
                {view::kind::json_list, "task_infos", task_columns, {}, "task_name"});
}

/// The tasks that are called so, by id or name; what none is called so is missing.
expected<json> named_tasks(session& s, const std::vector<std::string>& words) {
  deploy_tasks_query query;
  query.task_list = words;
  auto reply = s.fetch("/manage/task/get", query);
  if (!reply)
    return reply;
  auto tasks = member(*reply, "task_infos");
  s.find_missing("task", words, tasks, "task_name", "task_id");
  return tasks;
}

int remove_task(session& s) {
  auto words = at_least_one(s.args, "task_list", "delete");
  if (!words)
    return s.complain(words.error());
  if (auto known = named_tasks(s, *words); !known) // The node passes over unknown ones.
    return s.complain(known.error());
  return s.show(s.remove("/manage/task/delete", deploy_tasks_to_delete{*words}), {});
}

/// Whether the person at the terminal wants it run; without a terminal nobody is asked.
expected<bool> is_wanted(session& s, const json& task) {
  std::string hosts;
  for (const auto& host : member(task, "host_list"))
    hosts += (hosts.empty() ? "" : ", ") + text_of(host, "host_name");
  for (const auto& group : member(task, "host_group_list"))
    hosts += (hosts.empty() ? "" : ", ") + tr("group {}", group.get<std::string>());
  auto answer = s.io.ask(tr("{}: {}\nhosts: {}\nRun it? [yes/no] ",
                            printable(text_of(task, "task_name")),
                            printable(text_of(task, "description")),
                            hosts.empty() ? tr("none") : printable(hosts)),
                         false);
  if (answer)
    return *answer == "yes" || *answer == "y";
  if (answer.error() == ec::not_found)
    return true;
  return fail(answer.error());
}

/// `5`, `30%`, or a list of these, as the node takes it.
expected<json> batches_of(const session& s) {
  auto words = s.args.list("serial");
  if (!words)
    return fail(words.error());
  auto list = json::array();
  for (const auto& word : *words) {
    bool is_number = !word.empty() && word.size() < 10 &&
                     word.find_first_not_of("0123456789") == std::string::npos;
    list.push_back(is_number ? json(std::stoll(word)) : json(word)); // The node judges it.
  }
  return list.size() == 1 ? json(list.front()) : list;
}

/// What the options say about how it is run.
expected<void> add_manner(session& s, json& body) {
  for (const auto* flag : {"check", "diff", "approve_batches", "allow_parallel"})
    if (s.args.on(flag))
      body[flag] = true;
  for (auto [option, member] : {std::pair{"forks", "forks"},
                                std::pair{"max_fail_percentage", "max_fail_percentage"},
                                std::pair{"run_timeout", "timeout"}, // --timeout is the answer's.
                                std::pair{"step_timeout", "step_timeout"}})
    if (s.args.has(option))
      body[member] = s.args.whole(option);
  for (const auto* hosts : {"canary", "host_list"}) {
    if (!s.args.has(hosts))
      continue;
    auto words = s.args.list(hosts);
    auto ids = words ? s.host_ids(*words) : words;
    if (!ids)
      return fail(ids.error());
    body[hosts] = *ids;
  }
  if (s.args.has("approve")) {
    auto steps = s.args.list("approve");
    if (!steps)
      return fail(steps.error());
    body["approve"] = *steps;
  }
  if (s.args.has("serial")) {
    auto batches = batches_of(s);
    if (!batches)
      return fail(batches.error());
    body["serial"] = *batches;
  }
  auto vars = document_of(s, "vars", read_variables);
  if (!vars)
    return fail(vars.error());
  if (!vars->is_null())
    body["vars"] = *vars;
  return {};
}

int execute_task(session& s) {
  auto words = at_least_one(s.args, "task_list", "execute");
  if (!words)
    return s.complain(words.error());
  auto tasks = named_tasks(s, *words);
  if (!tasks)
    return s.complain(tasks.error());
  if (s.has_missing())
    return exit_failed; // All of what was meant, or nothing.
  deploy_tasks_to_execute wanted;
  for (const auto& task : *tasks) {
    auto yes = s.args.on("yes") ? expected<bool>{true} : is_wanted(s, task);
    if (!yes)
      return s.complain(yes.error());
    if (*yes)
      wanted.task_list.push_back(text_of(task, "task_id"));
  }
  if (wanted.task_list.empty()) {
    s.note(tr("nothing was started"));
    return exit_done;
  }
  auto body = body_of(wanted);
  if (auto added = add_manner(s, body); !added)
    return s.complain(added.error());
  if (s.has_missing())
    return exit_failed;
  return show_started(s, s.post("/manage/task/execute", body));
}

} // namespace

verb task_verb() {
  return {
    .name = "task",
    .summary = "Make, list, start, delete deployment tasks",
    .actions = {{.name = "generate",
                 .run = generate,
                 .positionals = {"task_name", "template_name"},
                 .needs = {"task_name", "template_name"}},
                {.name = "query", .run = query_tasks, .positionals = {"task_list"}, .lists = true},
                {.name = "execute",
                 .run = execute_task,
                 .positionals = {"task_list"},
                 .needs = {"task_list"}},
                {.name = "delete",
                 .run = remove_task,
                 .positionals = {"task_list"},
                 .needs = {"task_list"}}},
    .options =
      {{.name = "task_name", .value = "NAME", .help = "generate: the new task's name"},
       {.name = "task_list",
        .value = "TASKS",
        .help = "execute, delete, query: ids or names, separated by commas"},
       {.name = "template_name",
        .value = "NAMES",
        .help = "generate: its templates in the order in which they run, separated by commas",
        .is_list = true},
       {.name = "description",
        .value = "TEXT",
        .help = "generate: free text",
        .alias = "descriptipn"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "generate: hosts it runs on; execute: only these of them: ids or names, separated "
                "by commas",
        .is_extra = true},
       {.name = "host_group_list",
        .value = "GROUPS",
        .help = "generate: groups it runs on, separated by commas",
        .is_extra = true},
       {.name = "steps",
        .value = "FILE",
        .help = "generate: which of its templates run, and whether it goes on after a failure",
        .is_extra = true},
       {.name = "vars",
        .value = "FILE",
        .help = "generate: variables, as YAML, JSON or CSV; execute: more of them for this run",
        .is_extra = true},
       {.name = "yes", .help = "execute: do not ask", .kind = option_kind::flag, .is_extra = true},
       {.name = "watch",
        .help = "execute: follow it, every host of it, to its end",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "check",
        .help = "execute: a dry run, which changes nothing",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "diff",
        .help = "execute: tell what is changed in files",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "forks",
        .value = "N",
        .help = "execute: hosts at once",
        .kind = option_kind::whole,
        .is_extra = true},
       {.name = "serial",
        .value = "SIZES",
        .help = "execute: hosts of a batch: 5, 30%, or 1,5,30%, of which the last goes on",
        .is_list = true,
        .is_extra = true},
       {.name = "canary",
        .value = "HOSTS",
        .help = "execute: hosts that go first",
        .is_list = true,
        .is_extra = true},
       {.name = "max_fail_percentage",
        .value = "N",
        .help = "execute: stop when a greater share of the hosts has failed",
        .kind = option_kind::whole,
        .is_extra = true},
       {.name = "run_timeout",
        .value = "SPAN",
        .help = "execute: stop the run after this long",
        .kind = option_kind::span,
        .is_extra = true},
       {.name = "step_timeout",
        .value = "SPAN",
        .help = "execute: stop a step after this long",
        .kind = option_kind::span,
        .is_extra = true},
       {.name = "approve",
        .value = "STEPS",
        .help = "execute: wait before these steps until the run is approved",
        .is_list = true,
        .is_extra = true},
       {.name = "approve_batches",
        .help = "execute: wait before each batch but the first",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "allow_parallel",
        .help = "execute: also on hosts where another run is at work",
        .kind = option_kind::flag,
        .is_extra = true},
       {.name = "sort", .value = "FIELD", .help = "query: order", .choices = {"task_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops task generate \"one zookeeper\" zookeeper --host_list web1\n"
                "  aops task list\n"
                "  aops task execute \"one zookeeper\" --yes\n"
                "  aops task execute \"one zookeeper\" --watch --canary web1 --serial 30%\n"
                "  aops task delete \"one zookeeper\"\n"};
}

} // namespace aops::cli
