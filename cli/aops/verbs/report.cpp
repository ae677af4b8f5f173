#include "cli/aops/report/report_text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/picture_export.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

int remove(session& s) {
  auto ids = at_least_one(s.args, "report_list", "delete");
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/diag/report/delete", reports_to_delete{*ids}), {});
}

/// Which reports to list: a task wins over all other filters.
expected<reports_query> list_filter(session& s) {
  reports_query query;
  if (s.args.has("task_id")) {
    query.task_id = s.args.text("task_id");
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
      s.note(fmt::format("report {}: {}", text_of(row, "report_id"), report.error().detail));
      continue;
    }
    auto host = names[report->host_id];
    pictures.push_back({std::move(*report), std::move(host), true});
  }
  return pictures;
}

int show_whole(session& s, const expected<json>& reply) {
  if (!reply || !succeeded(*reply))
    return s.show(reply, {view::kind::whole, "result", {}, {}});
  const auto& rows = member(*reply, "result");
  if (s.args.has("export")) {
    auto to = find_export(s.args, export_form::kind::html, "report");
    auto done =
      export_as(s,
                to,
                rows,
                to.how == export_form::kind::json ? std::vector<picture>{} : pictures_of(s, rows));
    return done ? exit_done : s.complain(done.error());
  }
  bool for_people = s.wants_table() || (s.form() == format::contract && s.io.out_is_terminal);
  if (!for_people)
    return s.show(reply, {view::kind::whole, "result", {}, {}});
  text_style style{s.colours(), s.io.unicode, s.io.width};
  bool first = true;
  for (const auto& p : pictures_of(s, rows)) {
    s.io.out << (first ? "" : "\n") << report_text(p.report, p.host, style);
    first = false;
  }
  if (first)
    s.note("no such report");
  return exit_done;
}

int show_list(session& s, expected<json> reply) {
  bool good = reply && succeeded(*reply);
  if (good && s.args.has("export")) {
    report_list_query found;
    for (const auto& row : member(*reply, "result"))
      found.report_list.push_back(text_of(row, "report_id"));
    if (found.report_list.empty())
      return s.complain({ec::not_found, "no report matches"});
    return show_whole(s, s.post("/diag/report/get", found));
  }
  if (good && s.wants_table()) {
    auto rows = with_verdicts(s, member(*reply, "result"));
    if (!rows)
      return s.complain(rows.error());
    (*reply)["result"] = *rows;
  }
  return s.show(reply, reports_view());
}

int get(session& s) {
  auto reports = s.args.list("report_list");
  if (!reports)
    return s.complain(reports.error());
  if (!reports->empty())
    return show_whole(s, s.post("/diag/report/get", report_list_query{*reports}));
  auto query = list_filter(s);
  if (!query)
    return s.complain(query.error());
  return show_list(s, s.post("/diag/report/get_list", *query));
}

} // namespace

verb report_verb() {
  return {
    .name = "report",
    .summary = "List, read, export, delete diagnosis reports",
    .actions = {{.name = "get", .run = get}, {.name = "delete", .run = remove}},
    .options =
      {{.name = "report_list",
        .value = "REPORTS",
        .help = "Ids, separated by commas; get: whole reports instead of a list"},
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
        .help =
          "get: write a picture there, .html or .dot, or .json; html, dot or json: to --file"},
       {.name = "file",
        .value = "FILE",
        .help = "get: where --export html, dot or json goes; else standard output"},
       {.name = "sort",
        .value = "FIELD",
        .help = "get: order of the list",
        .choices = {"start", "end", "tree_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action", "file"},
    .examples =
      "  aops report --action get --task_id 018e4c0a7b1f0d7c9a3e5b7f2c4d6e80 -o table\n"
      "  aops report --action get --report_list 5f0c2d1e8b7a69584736251403f2e1d0\n"
      "  aops report --action get --report_list 5f0c2d1e8b7a69584736251403f2e1d0 --export html "
      "report.html\n"};
}

} // namespace aops::cli
