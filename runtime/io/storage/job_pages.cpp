#include "runtime/base/json_values.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/job_repository.hpp"

#include <cmath>
#include <unordered_map>

/// The part of `job_repository` that lists.
namespace aops::storage {

namespace {

std::vector<std::string> texts_in(const base::json& plan, const char* name) {
  std::vector<std::string> out;
  auto list = plan.find(name);
  if (list != plan.end() && list->is_array())
    for (const auto& x : *list)
      if (x.is_string())
        out.push_back(x.get<std::string>());
  return out;
}

/// Shown only when there is something to show.
maybe<int64_t> unless_0(int64_t n) {
  maybe<int64_t> x;
  if (n > 0)
    x.emplace(n);
  return x;
}

task_info read_task(const row& r) {
  task_info x;
  x.task_id = r.string(0);
  x.time.ms = r.integer(1);
  x.expected_report_num = r.integer(2);
  x.state = r.string(3);
  x.progress = r.integer(4);
  x.failed = unless_0(r.integer(6));
  auto plan = base::json::parse(r.text(5), nullptr, false);
  if (!plan.is_object())
    return x;
  x.host_list = texts_in(plan, "host_list");
  x.tree_list = texts_in(plan, "tree_list");
  auto range = plan.find("time_range");
  if (range != plan.end() && range->is_array())
    for (const auto& seconds : *range)
      if (seconds.is_number())
        x.time_range.push_back(
          moment{static_cast<int64_t>(std::llround(seconds.get<double>() * 1000))});
  return x;
}

filter conditions(const scope& of, const kind_name& kind, const tasks_query& q) {
  filter out("owner = ?", of.owner());
  of.limit_users(out, "username");
  out.also("kind = ?", kind.text);
  if (q.task_list && !q.task_list->empty())
    return out.in("id", *q.task_list);
  if (q.time_range && q.time_range->size() == 2)
    out.also("created_ms >= ? and created_ms <= ?", (*q.time_range)[0].ms, (*q.time_range)[1].ms);
  return out;
}

} // namespace

expected<tasks_page>
job_repository::page(const scope& of, const kind_name& kind, const tasks_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  if (q.task_list)
    if (auto fair = check_length("task_list", q.task_list->size()); !fair)
      return fail(std::move(fair.error()));
  auto p = paging_of(q);
  auto matching = conditions(of, kind, q);
  auto window = window_of(db_, p, "job", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"time", "created_ms"},
                                            {"expected_report_num", "expected"}};
  auto rows =
    db_.list_with("select id, created_ms, expected, state, finished, plan, failed from job where " +
                    matching.where() + order_by(p, choices, "n", "n") + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  read_task);
  if (!rows)
    return fail(std::move(rows.error()));
  tasks_page out;
  set_totals(out, window->total, p);
  out.task_infos = std::move(*rows);
  return out;
}

expected<std::vector<task_progress>> job_repository::progress(const scope& of,
                                                              const std::vector<std::string>& ids) {
  std::unordered_map<std::string, task_progress> found;
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", of.owner());
    of.limit_users(matching, "username");
    matching.in("id", part);
    auto rows = db_.list_with(
      "select id, finished, expected, state, failed from job where " + matching.where(),
      matching.values(),
      [](const row& r) {
        return task_progress{
          r.string(0), r.integer(1), r.integer(2), r.string(3), unless_0(r.integer(4))};
      });
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows)
      found.emplace(x.task_id, std::move(x));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  std::vector<task_progress> out;
  for (const auto& id : ids) {
    auto i = found.find(id);
    out.push_back(i == found.end() ? task_progress{id, 0, 0, {}, {}} : i->second);
  }
  return out;
}

} // namespace aops::storage
