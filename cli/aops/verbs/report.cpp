#include "cli/aops/report/report_text.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/picture_export.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

exports report_exports() {
  using kind = export_form::kind;
  return {.forms = {kind::json, kind::yaml, kind::html, kind::dot, kind::svg},
          .in_folder = kind::html,
          .name = "report"};
}

int remove_report(session& s) {
  auto words = at_least_one(s.args, "report_list", "delete");
  if (!words)
    return s.complain(words.error());
  // The node passes over unknown ones, and deletes whole ids only.
  auto known = s.fetch("/diag/report/get", report_list_query{*words});
  auto ids = known ? report_ids(s, *words, member(*known, "result")) : words;
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/diag/report/delete", reports_to_delete{*ids}), {});
}

/// Which reports to list: a task wins over all other filters.
expected<reports_query> list_filter(session& s) {
  reports_query query;
  if (s.args.has("task_id")) {
    auto task = s.task_ids({s.args.text("task_id")});
    if (!task)
      return fail(task.error());
    query.task_id = task->front();
  } else {
    auto range = given_range(s);
    auto hosts = s.args.list("host_list");
    auto trees = s.args.list("tree_list");
    if (!range || !hosts || !trees)
      return fail(!range ? range.error() : !hosts ? hosts.error() : trees.error());
    auto ids = s.host_ids(*hosts);
    if (!ids)
      return fail(ids.error());
    query.host_list = *ids;
    query.tree_list = *trees;
    if (*range)
      query.time_range = moments_of(**range);
  }
  add_sort(query, s.args);
  add_paging(query, s.args);
  return query;
}

std::vector<picture> pictures_of(session& s, const json& rows) {
  std::vector<picture> pictures;
  auto names = s.host_names();
  for (const auto& row : rows) {
    auto report = view_report(row);
    if (!report) {
      s.note(tr("report {}: {}", text_of(row, "report_id"), report.error().detail));
      continue;
    }
    auto host = names[report->host_id];
    pictures.push_back({std::move(*report), std::move(host), true});
  }
  return pictures;
}

int show_whole(session& s, const expected<json>& reply, const export_form& to) {
  if (!reply || !succeeded(*reply))
    return s.show(reply, {view::kind::whole, "result", {}, {}});
  const auto& rows = member(*reply, "result");
  if (s.args.has("export")) {
    bool is_data = to.how == export_form::kind::json || to.how == export_form::kind::yaml;
    auto done = export_as(s, to, rows, is_data ? std::vector<picture>{} : pictures_of(s, rows));
    return done ? exit_done : s.complain(done.error());
  }
  if (!s.wants_table())
    return s.show(reply, {view::kind::whole, "result", {}, {}});
  text_style style{s.colours(), s.io.unicode, s.io.width};
  bool first = true;
  for (const auto& p : pictures_of(s, rows)) {
    s.io.out << (first ? "" : "\n") << report_text(p.report, p.host, style);
    first = false;
  }
  return exit_done;
}

int show_list(session& s, expected<json> reply, const export_form& to) {
  bool good = reply && succeeded(*reply);
  if (good && s.args.has("export")) {
    report_list_query found;
    for (const auto& row : member(*reply, "result"))
      found.report_list.push_back(text_of(row, "report_id"));
    if (found.report_list.empty())
      return s.complain({ec::not_found, tr("no report matches")});
    return show_whole(s, s.post("/diag/report/get", found), to);
  }
  if (good) {
    auto rows = with_verdicts(s, member(*reply, "result"));
    if (!rows && s.wants_table())
      return s.complain(rows.error());
    if (rows)
      (*reply)["result"] = std::move(*rows);
    else
      s.note(tr("without verdicts: {}", rows.error().detail));
  }
  return s.show(reply, reports_view());
}

/// An empty list may be asked for by names that nothing has. A deleted tree may still have reports.
void tell_missing(session& s, const reports_query& query) {
  if (query.task_id) {
    tasks_query task;
    task.task_list = std::vector<std::string>{*query.task_id};
    if (auto reply = s.fetch("/diag/task/get", task))
      s.find_missing("task", {*query.task_id}, member(*reply, "task_infos"), "task_id");
  } else if (query.tree_list && !query.tree_list->empty()) {
    if (auto reply = s.fetch("/diag/tree/get", trees_query{*query.tree_list}))
      s.find_missing("fault tree", *query.tree_list, member(*reply, "trees"), "tree_name");
  }
}

int get_report(session& s) {
  auto reports = s.args.list("report_list");
  if (!reports)
    return s.complain(reports.error());
  auto to = export_wanted(s.args, report_exports());
  if (!to)
    return s.misuse(to.error().detail);
  if (!reports->empty()) {
    if (s.wants_rows() || s.args.has("filter"))
      return s.misuse(tr("-o name, -o csv and --filter are for the list, not for whole reports"));
    auto reply = s.post("/diag/report/get", report_list_query{*reports});
    if (reply && succeeded(*reply))
      if (auto ids = report_ids(s, *reports, member(*reply, "result")); !ids)
        return s.complain(ids.error());
    return show_whole(s, reply, *to);
  }
  auto query = list_filter(s);
  if (!query)
    return s.complain(query.error());
  auto reply = s.post("/diag/report/get_list", *query);
  if (reply && succeeded(*reply) && count_of(*reply, "total_count") == 0)
    tell_missing(s, *query);
  return show_list(s, std::move(reply), *to);
}

} // namespace

verb report_verb() {
  return {
    .name = "report",
    .summary = "List, read, export, delete diagnosis reports",
    .actions =
      {{.name = "get", .run = get_report, .positionals = {"report_list", "file"}, .lists = true},
       {.name = "delete",
        .run = remove_report,
        .positionals = {"report_list"},
        .needs = {"report_list"}}},
    .options =
      {{.name = "report_list",
        .value = "REPORTS",
        .help = "Ids, separated by commas; get: whole reports instead of a list",
        .takes = [](std::string_view word) { return !names_file(word); }},
       {.name = "task_id", .value = "TASK", .help = "get: the list of this task's reports"},
       {.name = "tree_list",
        .value = "TREES",
        .help = "get: only of these fault trees, separated by commas"},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "get: only of these hosts, ids or names, separated by commas"},
       start_option,
       end_option,
       last_option,
       {.name = "export",
        .value = "FILE",
        .help = "get: write there: a picture, .html, .dot, .svg, or .json, .yaml; a form's name, "
                "such as dot: to --file",
        .is_extra = true},
       {.name = "file",
        .value = "FILE",
        .help = "get: where --export html, dot, svg, json, yaml goes; else standard output",
        .is_extra = true},
       {.name = "sort",
        .value = "FIELD",
        .help = "get: order of the list",
        .choices = {"start", "end", "tree_name"},
        .is_extra = true},
       extra(direction_option),
       page_option,
       per_page_option},
    .positionals = {"action", "file"},
    .examples = "  aops report list --task_id 018e4c0a7b1f\n"
                "  aops report show 5f0c2d1e8b7a\n"
                "  aops report show 5f0c2d1e8b7a --export report.html\n"};
}

} // namespace aops::cli
