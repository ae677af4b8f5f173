#include "runtime/io/storage/saved_reports.hpp"

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

using base::json;

/// Of a plan: nobody here carries it out.
constexpr auto saved_mark = "saved";

std::string plan_of(const task_to_save& x) {
  json plan = {{"host_list", x.host_list}, {"tree_list", x.tree_list}, {saved_mark, true}};
  plan["time_range"] = json::array();
  for (const auto& time : x.time_range)
    plan["time_range"].push_back(time.ms / 1000);
  return plan.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_saved(const job_record& job) {
  auto plan = json::parse(job.plan, nullptr, false);
  return plan.is_object() && plan.value(saved_mark, false);
}

job_record record_of(std::string_view owner, std::string_view user, const task_to_save& x) {
  job_record job;
  job.id = x.task_id;
  job.kind = diagnosis_kind;
  job.owner = owner;
  job.user = user;
  job.state = job_status::done;
  job.plan = plan_of(x);
  job.expected = x.expected_report_num;
  job.created_ms = x.time.ms;
  return job;
}

/// The report as an object: it may come as the text of one, or as an empty text.
expected<json> object_of(const json_text& report) {
  auto value = json::parse(report.text, nullptr, false);
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    auto parsed = text.empty() ? expected<json>{json::object()} : base::parse_json(text);
    if (!parsed)
      return fail(ec::bad_request, "report: " + parsed.error().detail);
    value = std::move(*parsed);
  }
  if (!value.is_object())
    return fail(ec::bad_request, "report: must be a JSON object, or the text of one");
  return value;
}

std::string_view verdict_of(const json& report) {
  auto value = report.find("value");
  if (value == report.end() || !value->is_boolean())
    return "unknown";
  return value->get<bool>() ? "true" : "false";
}

} // namespace

expected<void>
saved_reports::save_task(std::string_view owner, std::string_view user, const task_to_save& x) {
  auto wanted = record_of(owner, user, x);
  auto stored = job_repository{db_}.create(wanted);
  if (!stored)
    return fail(std::move(stored.error()));
  if (!is_saved(*stored))
    return fail(ec::conflict, "task_id: in use");
  return only(db_.run("update job set username = ?, plan = ?, expected = ?, created_ms = ? "
                      "where id = ? and owner = ?",
                      wanted.user,
                      wanted.plan,
                      wanted.expected,
                      wanted.created_ms,
                      wanted.id,
                      owner));
}

expected<int64_t> saved_reports::task_for(std::string_view owner,
                                          std::string_view user,
                                          const saved_report& x,
                                          int64_t now_ms) {
  struct known {
    int64_t key;
    bool is_fitting;
  };
  auto look = [&] {
    return db_.first(
      "select n, owner, kind, state from job where id = ?" + std::string{db_.sql().for_update()},
      [&](const row& r) {
        auto state = job_status_of(r.text(3));
        return known{r.integer(0),
                     r.text(1) == owner && r.text(2) == diagnosis_kind.text && state &&
                       is_final(*state)};
      },
      x.task_id);
  };
  auto found = look();
  if (found && !*found) {
    task_to_save task{x.task_id, {now_ms}, {x.host_id}, {x.tree_name}, {x.start, x.end}, 0};
    if (auto made = job_repository{db_}.create(record_of(owner, user, task)); !made)
      return fail(std::move(made.error()));
    found = look();
  }
  if (!found)
    return fail(std::move(found.error()));
  if (!*found || !(*found)->is_fitting)
    return fail(ec::conflict, "task_id: in use");
  return (*found)->key;
}

/// The tree of that name, else one without content: the report brings its own.
expected<int64_t> saved_reports::tree_for(std::string_view owner, std::string_view tree_name) {
  auto known = db_.integer(
    "select content from diag_tree where owner = ? and tree_name = ?", owner, tree_name);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return **known;
  return content_repository{db_}.intern(base::sha256_hex("{}"), "tree", "{}");
}

expected<int64_t> saved_reports::next_number(int64_t job) {
  auto counted = db_.run("update job set last_number = last_number + 1, stored = stored + 1, "
                         "finished = finished + 1 where n = ?",
                         job);
  if (!counted)
    return counted;
  return db_.count("select last_number from job where n = ?", job);
}

expected<void> saved_reports::save(std::string_view owner,
                                   std::string_view user,
                                   const saved_report& x,
                                   int64_t now_ms) {
  auto report = object_of(x.report);
  if (!report)
    return fail(std::move(report.error()));
  auto old = db_.first(
    "select r.n, r.owner, j.id from report r join job j on j.n = r.job where r.report_id = ?" +
      std::string{db_.sql().for_update()},
    [&](const row& r) {
      return std::pair{r.integer(0), r.text(1) == owner && r.text(2) == x.task_id};
    },
    x.report_id);
  if (!old)
    return fail(std::move(old.error()));
  if (*old && !(*old)->second)
    return fail(ec::conflict, "report_id: in use");
  auto job = task_for(owner, user, x, now_ms);
  auto tree = job ? tree_for(owner, x.tree_name) : fail(std::move(job.error()));
  if (!tree)
    return fail(std::move(tree.error()));
  json detail = {{"report", *report}, {"verdict", verdict_of(*report)}};
  auto text = detail.dump(-1, ' ', false, json::error_handler_t::replace);
  auto hash = base::sha256_hex(base::canonical_json(*report));
  if (*old)
    return in_order(
      [&] {
        return db_.run("update report set host_id = ?, tree_name = ?, tree = ?, start_ms = ?, "
                       "end_ms = ? where n = ?",
                       x.host_id,
                       x.tree_name,
                       *tree,
                       x.start.ms,
                       x.end.ms,
                       (*old)->first);
      },
      [&] {
        return db_.run("update report_body set node_values = ?, detail = ?, content_hash = ?, "
                       "error = '' where report = ?",
                       blob{""},
                       text,
                       hash,
                       (*old)->first);
      });
  auto number = next_number(*job);
  if (!number)
    return fail(std::move(number.error()));
  return in_order(
    [&] {
      return db_.run("insert into report (report_id, job, number, owner, host_id, tree_name, tree, "
                     "start_ms, end_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     x.report_id,
                     *job,
                     *number,
                     owner,
                     x.host_id,
                     x.tree_name,
                     *tree,
                     x.start.ms,
                     x.end.ms);
    },
    [&] {
      return db_.run("insert into report_body (report, node_values, detail, content_hash, error) "
                     "values (?, ?, ?, ?, '')",
                     db_.last_id(),
                     blob{""},
                     text,
                     hash);
    });
}

} // namespace aops::storage
