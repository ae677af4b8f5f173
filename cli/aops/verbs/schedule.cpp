#include "messages/schedule.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/yaml.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/task.hpp"

namespace aops::cli {

namespace {

/// What both ways to say it share: zone, what is missed, variables.
template <class Request>
expected<void> read_rule(session& s, Request& x) {
  if (s.args.has("time_zone"))
    x.time_zone = s.args.text("time_zone");
  if (s.args.has("missed"))
    x.missed = s.args.text("missed");
  if (s.args.has("enabled"))
    x.enabled = s.args.on("enabled");
  if (!s.args.has("vars"))
    return {};
  const auto& file = s.args.text("vars");
  auto text = read_file(file);
  auto document = text ? parse_document(file, *text) : expected<json>{fail(text.error())};
  if (!document)
    return fail(std::move(document.error()));
  x.vars = json_text{to_line(*document)};
  return {};
}

/// The id of the one row that is called so.
expected<std::string>
id_of(const json& rows, const std::string& word, const char* id, std::string_view kind) {
  if (rows.size() == 1)
    return text_of(rows[0], id);
  return fail(ec::bad_request,
              rows.empty() ? tr("no {} is called {}{}", translated(kind), word, "")
                           : tr("{} are called {}: say which by id", rows.size(), word));
}

expected<std::string> task_id_of(session& s, const std::string& word) {
  deploy_tasks_query query;
  query.task_list = {word};
  auto reply = s.fetch("/manage/task/get", query);
  return reply ? id_of(member(*reply, "task_infos"), word, "task_id", "task")
               : expected<std::string>{fail(reply.error())};
}

int add_schedule(session& s) {
  schedule_to_add x;
  auto task = task_id_of(s, s.args.text("task"));
  if (!task)
    return s.complain(task.error());
  x.task_id = *task;
  x.schedule_name = s.args.text("schedule_name");
  x.expression = s.args.text("expression");
  if (auto read = read_rule(s, x); !read)
    return s.complain(read.error());
  return s.show(s.post("/manage/task/schedule/add", x), {});
}

int update_schedule(session& s) {
  schedules_query query;
  query.schedule_list = {s.args.text("schedule_name")};
  auto known = s.fetch("/manage/task/schedule/get", query);
  auto id =
    known
      ? id_of(
          member(*known, "schedule_infos"), s.args.text("schedule_name"), "schedule_id", "schedule")
      : expected<std::string>{fail(known.error())};
  if (!id)
    return s.complain(id.error());
  schedule_to_update x;
  x.schedule_id = *id;
  if (s.args.has("expression"))
    x.expression = s.args.text("expression");
  if (s.args.has("new_name"))
    x.schedule_name = s.args.text("new_name");
  if (auto read = read_rule(s, x); !read)
    return s.complain(read.error());
  return s.show(s.post("/manage/task/schedule/update", x), {});
}

int query_schedules(session& s) {
  auto names = s.args.list("schedule_list");
  if (!names)
    return s.complain(names.error());
  schedules_query query;
  query.schedule_list = *names;
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(
    s.post("/manage/task/schedule/get", query),
    {view::kind::whole,
     "schedule_infos",
     {"schedule_name", "task_name", "expression", "time_zone", "enabled", "last_error", "*"},
     {}});
}

int preview(session& s) {
  schedule_to_preview x;
  x.expression = s.args.text("expression");
  if (s.args.has("time_zone"))
    x.time_zone = s.args.text("time_zone");
  auto reply = s.fetch("/manage/task/schedule/preview", x);
  if (!reply)
    return s.complain(reply.error());
  if (!s.wants_table()) {
    s.print_json(*reply);
    return exit_done;
  }
  std::string text;
  for (const auto& at : member(*reply, "next"))
    text += readable_time(at.get<double>()) + "\n";
  s.io.out << text;
  return exit_done;
}

int remove_schedule(session& s) {
  auto names = at_least_one(s.args, "schedule_list", "delete");
  if (!names)
    return s.complain(names.error());
  schedules_query query; // The node passes over unknown ones.
  query.schedule_list = *names;
  if (auto known = s.fetch("/manage/task/schedule/get", query))
    s.find_missing(
      "schedule", *names, member(*known, "schedule_infos"), "schedule_name", "schedule_id");
  return s.show(s.remove("/manage/task/schedule/delete", schedules_to_delete{*names}), {});
}

} // namespace

verb schedule_verb() {
  return {
    .name = "schedule",
    .summary = "Have deployment tasks run by themselves; list, change, delete schedules",
    .actions =
      {{.name = "add",
        .run = add_schedule,
        .positionals = {"schedule_name", "task", "expression"},
        .needs = {"schedule_name", "task", "expression"}},
       {.name = "update",
        .run = update_schedule,
        .positionals = {"schedule_name"},
        .needs = {"schedule_name"}},
       {.name = "query", .run = query_schedules, .positionals = {"schedule_list"}, .lists = true},
       {.name = "preview", .run = preview, .positionals = {"expression"}, .needs = {"expression"}},
       {.name = "delete",
        .run = remove_schedule,
        .positionals = {"schedule_list"},
        .needs = {"schedule_list"}}},
    .options =
      {{.name = "schedule_name",
        .value = "NAME",
        .help = "add: the new schedule's name; update: name or id of the one to change"},
       {.name = "task", .value = "TASK", .help = "add: the task that runs: its id or name"},
       {.name = "expression",
        .value = "CRON",
        .help = "add, update, preview: minute, hour, day of month, month, day of week, or @daily"},
       {.name = "time_zone",
        .value = "ZONE",
        .help = "add, update, preview: where the clock stands: Europe/Berlin; UTC unless given"},
       {.name = "missed",
        .value = "WHAT",
        .help = "add, update: what becomes of times at which no node was there",
        .choices = {"skip", "once"}},
       {.name = "enabled",
        .value = "True/False",
        .help = "add, update: whether it fires",
        .kind = option_kind::boolean},
       {.name = "vars",
        .value = "FILE",
        .help = "add, update: variables of its runs, as YAML or JSON"},
       {.name = "new_name", .value = "NAME", .help = "update: another name for it"},
       {.name = "schedule_list",
        .value = "SCHEDULES",
        .help = "delete, query: ids or names, separated by commas"},
       {.name = "sort", .value = "FIELD", .help = "query: order", .choices = {"schedule_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops schedule preview \"30 2 * * mon-fri\" --time_zone Europe/Berlin\n"
                "  aops schedule add nightly \"one zookeeper\" \"30 2 * * *\"\n"
                "  aops schedule update nightly --enabled false\n"
                "  aops schedule delete nightly\n"};
}

} // namespace aops::cli
