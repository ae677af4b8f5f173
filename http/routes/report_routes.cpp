#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/diag.hpp"
#include "messages/time_ranges.hpp"

namespace aops::http {

namespace {

/// GET /diag/progress/stream?task_id=
struct progress_stream {
  std::string task_id;
};
#define AOPS_FIELDS_progress_stream(F)                                                             \
  F(task_id, required().text(1, 64), "Task of a diagnosis or a check.")
AOPS_MESSAGE(progress_stream)

expected<job_news>
find(const node_port& port, const request_context& context, const std::string& job) {
  auto found = ask_actor<report_store_actor, progress_found>(
    port, actors::report_store_name, context, progress_query{{job}});
  if (!found)
    return fail(std::move(found.error()));
  if (found->result.empty() || found->result.front().state.empty())
    return fail(ec::not_found, "task " + job);
  const auto& x = found->result.front();
  // The number of the newest report is what the finished ones counted to: numbers are given when
  // reports are stored.
  return job_news{job,
                  x.progress,
                  x.expected_report_num,
                  x.progress,
                  is_final_state(x.state),
                  context.who.owner,
                  x.state};
}

expected<std::vector<report_event>> fetch_after(const node_port& port,
                                                const request_context& context,
                                                const std::string& job,
                                                int64_t after,
                                                size_t limit) {
  new_reports_query query{context.who.owner, job, after, static_cast<int64_t>(limit)};
  auto page = value_of<reports_page>(
    port(actors::report_store_name, context.left(), caf::make_message(std::move(query))));
  if (!page)
    return fail(std::move(page.error()));
  std::vector<report_event> events;
  for (const auto& row : page->result)
    events.push_back({row.number, base::encode(row)});
  return events;
}

} // namespace

std::vector<route> report_routes(const node_port& port) {
  using role = report_store_actor;
  auto name = actors::report_store_name;
  return {
    ask<role, progress_query, progress_found>(port,
                                              method::post,
                                              "/diag/progress/get",
                                              may::user,
                                              name,
                                              "How many reports of tasks are stored."),
    ask<role, tasks_query, tasks_page>(
      port, method::post, "/diag/task/get", may::user, name, "List diagnosis tasks."),
    ask<role, reports_query, reports_page>(
      port, method::post, "/diag/report/get_list", may::user, name, "List reports."),
    ask<role, report_list_query, reports_found>(
      port, method::post, "/diag/report/get", may::user, name, "Read reports."),
    ask<role, reports_to_delete, done>(port,
                                       method::remove,
                                       "/diag/report/delete",
                                       may::user,
                                       name,
                                       "Delete reports; the progress of their task stays."),
  };
}

sse_source progress_source(const node_port& port,
                           std::function<void(const std::string& job)> opened) {
  sse_source source;
  source.subscribe = std::move(opened);
  source.find = [port](const request_context& c, const std::string& job) {
    return find(port, c, job);
  };
  source.fetch_after =
    [port](const request_context& c, const std::string& job, int64_t after, size_t limit) {
      return fetch_after(port, c, job, after, limit);
    };
  return source;
}

std::vector<stream_route> stream_routes(std::shared_ptr<sse_hub> hub) {
  return {make_stream_route<progress_stream>(
    "/diag/progress/stream",
    may::user,
    "Live progress of a task as server-sent events.",
    [hub](const stream_request& asked, const progress_stream& x) {
      return hub->open(asked, x.task_id);
    })};
}

std::vector<route> contract_routes(const node_port& port) {
  std::vector<route> all;
  for (auto* table : {account_routes,
                      host_routes,
                      rule_routes,
                      result_routes,
                      tree_routes,
                      job_routes,
                      report_routes,
                      cluster_routes})
    for (auto& row : table(port))
      all.push_back(std::move(row));
  return all;
}

} // namespace aops::http
