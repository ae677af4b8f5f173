#include "messages/check.hpp"

#include "cli/aops/report/status_text.hpp"
#include "cli/aops/text/instance.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/open_alerts.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "cli/aops/verbs/watch.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <map>
#include <ostream>

namespace aops::cli {

namespace {

/// What results are asked for, and judged first when they are to be.
expected<results_query> selection(session& s) {
  auto range = range_or_last_hour(s);
  auto items = s.args.list("check_items");
  auto hosts = s.args.list("host_list");
  if (!range || !items || !hosts)
    return fail(!range ? range.error() : !items ? items.error() : hosts.error());
  auto ids = s.host_ids(*hosts);
  if (!ids)
    return fail(ids.error());
  results_query query;
  query.time_range = moments_of(*range);
  query.check_items = *items;
  query.host_list = *ids;
  return query;
}

/// Hosts that answered nothing leave no result behind: a task that is done must not hide them.
void note_unanswered(session& s, const watched_task& task) {
  auto reply = s.post("/diag/progress/get", progress_query{{task.id}});
  if (!reply || !succeeded(*reply) || !reply->contains("result"))
    return;
  for (const auto& row : (*reply)["result"])
    if (auto failed = count_of(row, "failed"); failed > 0)
      s.note(tr("{} of {} were not judged: their hosts did not answer in time",
                failed,
                count_of(row, "expected_report_num")));
}

/// Judges the selection now and waits; the exit code when that failed.
int execute_check(session& s, const results_query& selected) {
  check_to_execute request{.host_list = selected.host_list,
                           .time_range = selected.time_range,
                           .check_items = selected.check_items};
  if (request.host_list.empty())
    for (const auto& [id, name] : s.host_names())
      request.host_list.push_back(id);
  if (request.host_list.empty())
    return s.complain({ec::bad_request, tr("there are no hosts to check")});
  auto reply = s.post("/check/execute", request);
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  s.judge(*reply); // What is not there is told; the exit code follows from it.
  auto expected = count_of(*reply, "expected_result_num");
  watched_task task{text_of(*reply, "task_id"), expected, 0, {}, {}};
  s.note(tr("task {}: {} results to come", task.id, expected));
  watcher followed(s, {task}, s.args.on("watch"));
  int code = judge_tasks(s, followed.run());
  note_unanswered(s, task);
  return code;
}

// -- what is not well now

/// How often `--follow` looks.
constexpr int follow_ms = 2000;

using known_alerts = std::map<std::string, json>; ///< By id.

known_alerts by_id(const json& alerts) {
  known_alerts out;
  for (const auto& row : alerts)
    out.emplace(text_of(row, "alert_id"), row);
  return out;
}

/// A line for each that began or ended; the first look shows all, the oldest first.
void show_changes(session& s, const json& page, known_alerts& known) {
  const auto& alerts = member(page, "alerts");
  auto found = by_id(alerts);
  auto now = s.io.now_s();
  auto tell = [&](const char* what, const json& row) {
    if (is_for_people(s))
      s.io.out << fmt::format("{}  {:<6} {}\n",
                              readable_time(static_cast<double>(now)),
                              what,
                              alert_line(row, now, s.colours()));
    else
      s.io.out << to_line({{"time", now}, {"what", what}, {"alert", row}}) << '\n';
  };
  for (const auto& [id, row] : known)
    if (!found.contains(id))
      tell("ended", row);
  for (auto row = alerts.rbegin(); row != alerts.rend(); ++row)
    if (!known.contains(text_of(*row, "alert_id")))
      tell("began", *row);
  s.io.out.flush();
  known = std::move(found);
}

int show_open(session& s, const json& page) {
  if (s.wants_rows()) {
    s.print_rows(member(page, "alerts"), alerts_view());
  } else if (is_for_people(s)) {
    for (const auto& row : member(page, "alerts"))
      s.io.out << alert_line(row, s.io.now_s(), s.colours()) << '\n';
    s.io.out.flush();
    note_rest(s, page);
  } else {
    s.print_json(page);
  }
  return s.args.on("exit_code") && !member(page, "alerts").empty() ? exit_found : exit_done;
}

bool wants_open(const session& s) {
  return s.args.on("firing") || s.args.on("follow") || s.args.has("severity");
}

int run_open(session& s) {
  for (const auto* other : {"start", "end", "last", "execute", "watch", "sort"})
    if (s.args.has(other))
      return s.misuse(
        tr("--firing, --follow and --severity show what is not well now: they go without --{}",
           other));
  if (s.args.on("follow") && s.wants_rows())
    return s.misuse(tr("--follow goes without -o name and -o csv"));
  auto query = open_selection(s);
  if (!query)
    return s.complain(query.error());
  known_alerts known;
  while (true) {
    auto page = s.fetch("/check/status/get", *query);
    if (!page)
      return s.complain(page.error());
    if (auto done = choose_alerts(s, *page); !done)
      return s.misuse(done.error().detail);
    if (!s.args.on("follow"))
      return show_open(s, *page);
    show_changes(s, *page, known);
    s.io.pause(follow_ms);
  }
}

/// Hosts by name; in tables, rules with the labels of the instance.
void name_rows(session& s, json& rows) {
  add_host_names(s, rows);
  if (!s.wants_table())
    return;
  for (auto& row : rows)
    row["check_item"] = instance_text(text_of(row, "check_item"), member(row, "labels"));
}

int run_check(session& s) {
  if (wants_open(s))
    return run_open(s);
  auto query = selection(s);
  if (!query)
    return s.complain(query.error());
  int code = s.args.on("execute") ? execute_check(s, *query) : exit_done;
  if (code != exit_done)
    return code;
  if (s.args.has("value"))
    query->value = s.args.text("value");
  add_sort(*query, s.args);
  if (!query->sort && is_for_people(s)) {
    query->sort = "start";
    query->direction = "desc";
  }
  add_paging(*query, s.args);
  auto reply = s.post("/check/result/get", *query);
  if (reply && reply->contains("check_result"))
    name_rows(s, (*reply)["check_result"]);
  if (reply && succeeded(*reply) && member(*reply, "check_result").empty())
    find_missing_rules(s, query->check_items);
  bool is_found = reply && !member(*reply, "check_result").empty();
  code = s.show(reply,
                {view::kind::whole,
                 "check_result",
                 {"host_name", "check_item", "value", "start", "end", "severity", "condition"},
                 {"host_name", "check_item", "value", "start", "end", "severity", "condition", "*"},
                 "check_item"});
  return code == exit_done && is_found && s.args.on("exit_code") ? exit_found : code;
}

} // namespace

verb check_verb() {
  return {
    .name = "check",
    .summary = "Show check results, or judge a time range now",
    .run = run_check,
    .options = {{.name = "check_items",
                 .value = "NAMES",
                 .help = "Only these rules, separated by commas",
                 .alias = "chek_items"},
                {.name = "host_list",
                 .value = "HOSTS",
                 .help = "Only these hosts, ids or names, separated by commas"},
                {.name = "start",
                 .value = "TIME",
                 .help =
                   "Begin, as 20240301-10:15:30 local time; an hour before the end when absent"},
                {.name = "end",
                 .value = "TIME",
                 .help = "End, as 20240301-10:15:30 local time; now when absent"},
                last_option,
                {.name = "value",
                 .value = "VALUE",
                 .help = "Only such results",
                 .choices = {"Abnormal", "No data", "Internal error"},
                 .is_extra = true},
                {.name = "execute",
                 .help = "Judge the range now, wait, then show the results",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "watch",
                 .help = "With --execute: tell progress also where standard error is no terminal",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "firing",
                 .help = "What is an alert now, the newest first",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "severity",
                 .value = "LIST",
                 .help = "What is not well now, of these: critical, warning, info",
                 .is_list = true,
                 .is_extra = true},
                {.name = "follow",
                 .help = "Tell what begins and ends from now on, until Ctrl-C",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "exit_code",
                 .help = "End with 10 when something was found, else with 0",
                 .kind = option_kind::flag,
                 .is_extra = true},
                {.name = "sort",
                 .value = "FIELD",
                 .help = "Order",
                 .choices = {"check_item", "start", "end"}},
                direction_option,
                page_option,
                per_page_option},
    .positionals = {"host_list"},
    .examples = "  aops check --firing\n"
                "  aops check web1 --last 15m\n"
                "  aops check --execute --check_items web_cpu_high --start 20240301-10:00:00 --end "
                "20240301-11:00:00\n",
    .lists = true};
}

} // namespace aops::cli
