#include "cli/aops/common.hpp"
#include "cli/aops/watch.hpp"
#include "messages/return_code.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

/// What `/check/result/get` and `/check/execute` have in common.
expected<json> selection(session& s) {
  auto range = given_range(s, 3600);
  if (!range)
    return fail(range.error());
  auto now = s.io.now_s();
  auto items = s.args.list("check_items");
  auto hosts = s.args.list("host_list");
  if (!items || !hosts)
    return fail(items ? hosts.error() : items.error());
  auto ids = s.host_ids(*hosts);
  if (!ids)
    return fail(ids.error());
  return json{{"time_range", to_json(range->value_or(time_range{now - 3600, now}))},
              {"check_items", *items},
              {"host_list", *ids}};
}

/// Hosts that answered nothing leave no result behind: a task that is done must not hide them.
void note_unanswered(session& s, const watched_task& task) {
  auto reply = s.post("/diag/progress/get", {{"task_list", json::array({task.id})}});
  if (!reply || !succeeded(*reply) || !reply->contains("result"))
    return;
  for (const auto& row : (*reply)["result"])
    if (auto failed = count_of(row, "failed"); failed > 0)
      s.note(fmt::format("{} of {} were not judged: their hosts did not answer in time",
                         failed,
                         count_of(row, "expected_report_num")));
}

/// Judges the selection now and waits; the exit code when that failed.
int execute(session& s, json body) {
  if (body["host_list"].empty())
    for (const auto& [id, name] : s.host_names())
      body["host_list"].push_back(id);
  if (body["host_list"].empty())
    return s.complain({ec::bad_request, "there are no hosts to check"});
  auto reply = s.post("/check/execute", body);
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  if (count_of(*reply, "code") == code_partial)
    s.note(reply_error(*reply).detail);
  auto expected = count_of(*reply, "expected_result_num");
  watched_task task{text_of(*reply, "task_id"), expected, 0, {}, {}};
  s.note(fmt::format("task {}: {} results to come", task.id, expected));
  watcher followed(s, {task}, s.args.on("watch"));
  int code = judge_tasks(s, followed.run());
  note_unanswered(s, task);
  return code;
}

int run(session& s) {
  auto body = selection(s);
  if (!body)
    return s.complain(body.error());
  int code = s.args.on("execute") ? execute(s, *body) : exit_done;
  if (code != exit_done)
    return code;
  if (s.args.has("value"))
    (*body)["value"] = s.args.text("value");
  add_sort(*body, s.args);
  add_paging(*body, s.args);
  auto reply = s.post("/check/result/get", *body);
  bool names_wanted = s.form() == format::table || s.form() == format::wide;
  if (names_wanted && reply && reply->contains("check_result")) {
    const auto& names = s.host_names();
    for (auto& row : (*reply)["check_result"])
      if (auto name = names.find(text_of(row, "host_id")); name != names.end())
        row["host_name"] = name->second;
  }
  return s.show(
    reply,
    {view::kind::whole,
     "check_result",
     {"host_name", "check_item", "value", "start", "end", "severity", "condition"},
     {"host_name", "check_item", "value", "start", "end", "severity", "condition", "*"}});
}

} // namespace

verb check_verb() {
  return {
    "check",
    "Show check results, or judge a time range now",
    {text_option("check_items", "NAMES", "Only these rules, separated by commas")
       .also("chek_items"),
     text_option("host_list", "HOSTS", "Only these hosts, ids or names, separated by commas"),
     text_option("start",
                 "TIME",
                 "Begin, as 20240301-10:15:30 local time; an hour before the end when absent"),
     text_option("end", "TIME", "End, as 20240301-10:15:30 local time; now when absent"),
     last_option,
     text_option("value", "VALUE", "Only such results").one_of("Abnormal|No data|Internal error"),
     flag_option("execute", "Judge the range now, wait, then show the results"),
     flag_option("watch", "With --execute: tell progress also where standard error is no terminal"),
     text_option("sort", "FIELD", "Order").one_of("check_item|start|end"),
     direction_option,
     page_option,
     per_page_option},
    {},
    run,
    true,
    true,
    "  aops check --host_list web1 --last 15m -o table\n"
    "  aops check --execute --check_items cpu_busy --start 20240301-10:00:00 --end "
    "20240301-11:00:00\n"};
}

} // namespace aops::cli
