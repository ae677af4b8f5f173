#include "http/routes/routes.hpp"
#include "messages/changes.hpp"
#include "messages/names.hpp"
#include "messages/roles/diag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::http {

namespace {

/// GET /diag/progress/stream?task_id=
struct progress_stream {
  std::string task_id;
};
#define AOPS_FIELDS_progress_stream(F)                                                             \
  F(task_id, required().text(1, 64), "Task of a diagnosis or a check.")
AOPS_MESSAGE(progress_stream)

/// GET /events/stream?topics=
struct events_stream {
  std::string topics;
};
#define AOPS_FIELDS_events_stream(F)                                                               \
  F(topics,                                                                                        \
    required().text(1, 8000),                                                                      \
    "`diag:<task_id>`, `check:<task_id>`, `list:<name>` and `topology`, separated by commas; at "  \
    "most 64.")
AOPS_MESSAGE(events_stream)

constexpr size_t most_topics = 64;
constexpr size_t longest_id = 64;

/// What the hub calls a list: no id has a colon.
constexpr std::string_view list_prefix = "list:";

/// The list that is asked for without the prefix, too.
constexpr std::string_view topology_topic = "topology";
constexpr std::string_view topology_list = "list:topology";

/// The place of its name, or nothing.
std::optional<size_t> list_of(std::string_view job) {
  if (!job.starts_with(list_prefix))
    return std::nullopt;
  auto found =
    std::find(followed_names.begin(), followed_names.end(), job.substr(list_prefix.size()));
  if (found == followed_names.end())
    return std::nullopt;
  return static_cast<size_t>(found - followed_names.begin());
}

expected<std::vector<sse_topic>> topics_of(std::string_view text) {
  std::vector<sse_topic> all;
  while (true) {
    auto comma = text.find(',');
    auto topic = text.substr(0, comma);
    auto colon = std::min(topic.find(':'), topic.size());
    auto kind = topic.substr(0, colon);
    if (kind != "diag" && kind != "check" && kind != "list" && topic != topology_topic)
      return fail(ec::bad_request,
                  "topics: each must be diag:<task_id>, check:<task_id>, list:<name> or topology");
    auto job = topic.substr(std::min(colon + 1, topic.size()));
    if (topic == topology_topic) {
      all.push_back({std::string{topic}, std::string{topology_list}, "change"});
    } else if (kind == "list") {
      if (!list_of(topic))
        return fail(ec::bad_request,
                    fmt::format("topics: lists are {}", fmt::join(followed_names, ", ")));
      all.push_back({std::string{topic}, std::string{topic}, "change"});
    } else {
      if (job.empty() || job.size() > longest_id || job.find(':') != job.npos)
        return fail(ec::bad_request, "topics: a task_id has 1 to 64 characters and no colon");
      all.push_back({std::string{topic}, std::string{job}});
    }
    if (all.size() > most_topics)
      return fail(ec::bad_request, "topics: must be at most 64");
    if (comma == text.npos)
      return all;
    text.remove_prefix(comma + 1);
  }
}

/// Who sees the same of a task: an owner, or a user of his by himself.
std::string scope_of(const caller& who) {
  return who.groups ? who.owner + '\n' + who.user : who.owner;
}

expected<job_news>
find_job(const node_port& port, const request_context& context, const std::string& job) {
  auto found = ask_actor<report_store_actor, progress_found>(
    port, actors::report_store_name, context, progress_query{{job}});
  if (!found)
    return fail(std::move(found.error()));
  if (found->result.empty() || found->result.front().state.empty())
    return fail(ec::not_found, "task " + job);
  const auto& x = found->result.front();
  auto status = job_status_of(x.state);
  // The number of the newest report is what the finished ones counted to: numbers are given when
  // reports are stored.
  return job_news{job,
                  x.progress,
                  x.expected_report_num,
                  x.progress,
                  status && is_final(*status),
                  scope_of(context.who),
                  x.state};
}

expected<report_page> fetch_reports(const node_port& port,
                                    const request_context& context,
                                    const std::string& job,
                                    int64_t after,
                                    size_t limit) {
  new_reports_query query{job, after, static_cast<int64_t>(limit)};
  auto page = ask_actor<report_store_actor, reports_page>(
    port, actors::report_store_name, context, std::move(query));
  if (!page)
    return fail(std::move(page.error()));
  report_page found;
  for (const auto& row : page->result)
    found.events.push_back({row.number, base::encode(row)});
  return found;
}

} // namespace

list_versions::list_versions(int64_t first) {
  for (auto& x : all_)
    x = first;
}

void list_versions::raise(uint64_t lists, sse_hub& hub) {
  for (size_t i = 0; i < all_.size(); ++i)
    if ((lists & (uint64_t{1} << i)) != 0)
      hub.publish(news(i, ++all_[i]));
}

expected<job_news> list_versions::find(std::string_view job) const {
  auto i = list_of(job);
  if (!i)
    return fail(ec::not_found, "no such list");
  return news(*i, all_[*i]);
}

job_news list_versions::news(size_t i, int64_t version) {
  job_news out;
  out.job = std::string{list_prefix} + std::string{followed_names[i]};
  out.progress = version;
  return out;
}

bool is_list_topic(std::string_view job) { return job.starts_with(list_prefix); }

job_news news_of(const job_progress& x) {
  return {x.job,
          x.finished,
          x.expected,
          x.last_number,
          is_final(x.state),
          {},
          std::string{text_of(x.state)}};
}

sse_source progress_source(const node_port& port,
                           std::function<void(const std::string& job)> opened,
                           std::shared_ptr<const list_versions> lists) {
  sse_source source;
  source.subscribe = [opened = std::move(opened)](const std::string& job) {
    if (opened && !is_list_topic(job))
      opened(job);
  };
  source.find = [port, lists = std::move(lists)](const request_context& c, const std::string& job) {
    return lists && is_list_topic(job) ? lists->find(job) : find_job(port, c, job);
  };
  source.show = [](const job_news& x) -> json {
    if (is_list_topic(x.job))
      return {{"version", x.progress}};
    return {{"task_id", x.job}, {"progress", x.progress}, {"expected_report_num", x.expected}};
  };
  source.fetch_after =
    [port](const request_context& c, const std::string& job, int64_t after, size_t limit) {
      return fetch_reports(port, c, job, after, limit);
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
            }),
          make_stream_route<events_stream>(
            "/events/stream",
            may::user,
            "Live events of many topics in one stream, which a browser's `EventSource` can open.",
            [hub](const stream_request& asked, const events_stream& x) -> expected<stream> {
              auto topics = topics_of(x.topics);
              if (!topics)
                return fail(std::move(topics.error()));
              return hub->open(asked, *topics);
            })};
}

} // namespace aops::http
