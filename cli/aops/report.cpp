#include "cli/aops/common.hpp"
#include "cli/aops/picture_export.hpp"
#include "cli/aops/report_text.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

int remove(session& s) {
  auto ids = at_least_one(s.args, "report_list", "delete");
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/diag/report/delete", {{"report_list", *ids}}), {});
}

/// The body of `/diag/report/get_list`: a task wins over all other filters.
expected<json> list_filter(session& s) {
  json body = json::object();
  if (s.args.has("task_id")) {
    body["task_id"] = s.args.text("task_id");
  } else {
    auto range = given_range(s, 3600);
    auto hosts = s.args.list("host_list");
    auto trees = s.args.list("tree_list");
    if (!range || !hosts || !trees)
      return fail(!range ? range.error() : !hosts ? hosts.error() : trees.error());
    auto ids = s.host_ids(*hosts);
    if (!ids)
      return fail(ids.error());
    body["host_list"] = *ids;
    body["tree_list"] = *trees;
    if (*range)
      body["time_range"] = to_json(**range);
  }
  add_sort(body, s.args);
  add_paging(body, s.args);
  return body;
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
  bool for_people = s.form() == format::table || s.form() == format::wide ||
                    (s.form() == format::contract && s.io.out_is_terminal);
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
    json ids = json::array();
    for (const auto& row : member(*reply, "result"))
      ids.push_back(text_of(row, "report_id"));
    if (ids.empty())
      return s.complain({ec::not_found, "no report matches"});
    return show_whole(s, s.post("/diag/report/get", {{"report_list", ids}}));
  }
  if (good && (s.form() == format::table || s.form() == format::wide)) {
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

int get(session& s) {
  auto reports = s.args.list("report_list");
  if (!reports)
    return s.complain(reports.error());
  if (!reports->empty())
    return show_whole(s, s.post("/diag/report/get", {{"report_list", *reports}}));
  auto body = list_filter(s);
  if (!body)
    return s.complain(body.error());
  return show_list(s, s.post("/diag/report/get_list", *body));
}

int run(session& s) { return s.args.text("action") == "get" ? get(s) : remove(s); }

} // namespace

verb report_verb() {
  return {"report",
          "List, read, export, delete diagnosis reports",
          {text_option("action", "WHAT", "What to do").one_of("get|delete").must(),
           text_option("report_list",
                       "REPORTS",
                       "Ids, separated by commas; get: whole reports instead of a list"),
           text_option("task_id", "TASK", "get: the list of this task's reports"),
           text_option("tree_list", "TREES", "get: only of these fault trees, separated by commas"),
           text_option(
             "host_list", "HOSTS", "get: only of these hosts, ids or names, separated by commas"),
           start_option,
           end_option,
           last_option,
           text_option(
             "export",
             "FILE",
             "get: write a picture there, .html or .dot, or .json; html, dot or json: to --file"),
           text_option(
             "file", "FILE", "get: where --export html, dot or json goes; else standard output"),
           text_option("sort", "FIELD", "get: order of the list").one_of("start|end|tree_name"),
           direction_option,
           page_option,
           per_page_option},
          {"action", "file"},
          run,
          true,
          true,
          "  aops report --action get --task_id 018e4c0a7b1f0d7c9a3e5b7f2c4d6e80 -o table\n"
          "  aops report --action get --report_list 5f0c2d1e8b7a69584736251403f2e1d0\n"
          "  aops report --action get --report_list 5f0c2d1e8b7a69584736251403f2e1d0 --export html "
          "report.html\n"};
}

} // namespace aops::cli
