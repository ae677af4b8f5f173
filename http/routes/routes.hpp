#pragma once

#include "http/routes/ask.hpp"
#include "http/server/dispatcher.hpp"
#include "http/sse/sse_hub.hpp"
#include "messages/changes.hpp"
#include "messages/job.hpp"

#include <array>
#include <atomic>
#include <vector>

/// The contract's endpoints, one table per subject.
namespace aops::http {

std::vector<route> account_routes(const node_port& port);
std::vector<route> user_routes(const node_port& port);
std::vector<route> access_routes(const node_port& port);  ///< Sessions and tokens.
std::vector<route> view_routes(const node_port& port);    ///< What users keep of pages.
std::vector<route> silence_routes(const node_port& port); ///< When nobody is told of alerts.
std::vector<route> log_routes(const node_port& port);
std::vector<route> line_routes(const node_port& port); ///< Lines that hosts log.
std::vector<route> topology_routes(const node_port& port);
std::vector<route> host_routes(const node_port& port);
std::vector<route> remote_routes(const node_port& port);
std::vector<route> rule_routes(const node_port& port);
std::vector<route> result_routes(const node_port& port);
std::vector<route> status_routes(const node_port& port);
std::vector<route> tree_routes(const node_port& port);
std::vector<route> template_routes(const node_port& port);
std::vector<route> package_routes(const node_port& port);
std::vector<route> task_routes(const node_port& port);
std::vector<route> schedule_routes(const node_port& port);
std::vector<route> run_routes(const node_port& port); ///< Of deployment tasks.
std::vector<route> job_routes(const node_port& port);
std::vector<route> report_routes(const node_port& port);
std::vector<route> cluster_routes(const node_port& port);
std::vector<route> upkeep_routes(const node_port& port);
std::vector<route> tracing_routes(const node_port& port);
std::vector<route> session_routes(const node_port& port);
std::vector<route> kafka_routes(const node_port& port);
std::vector<route> alertmanager_routes(const node_port& port);

/// What pages must know of how this node was set up.
struct node_traits {
  std::string samples_source;       ///< As the option: `scrape` or `prometheus`.
  std::vector<std::string> plugins; ///< Of the configuration, by name.
};

/// GET /session/node: tells them.
route node_traits_route(node_traits is);

/// All of these.
std::vector<route> public_routes(const node_port& port);

/// These and the internal ones, as an administrator may use them.
std::vector<route> contract_routes(const node_port& port);

/// What the log calls what a path does: `/manage/host/add` is `host.add`.
std::string action_name(std::string_view path);

/// Whose token is it? For `session_identity`.
session_cache::lookup authenticator(const node_port& port);

/// Opens sessions for clients that send name and password with each request.
password_log_in password_opener(const node_port& port);

/// How often lists that pages follow have changed, as this node heard of it. Numbers of another
/// process of this node, or of another node, are others: who comes from there looks again.
class list_versions {
public:
  /// @param first Where they begin: a time in milliseconds, say.
  explicit list_versions(int64_t first);
  /// Called by one thread at a time. @param lists Bits of `followed_list`.
  void raise(uint64_t lists, sse_hub& hub);
  expected<job_news> find(std::string_view job) const; ///< ec::not_found.

private:
  static job_news news(size_t i, int64_t version);
  std::array<std::atomic<int64_t>, followed_names.size()> all_;
};

/// Whether what a hub calls a job is a list: no actor knows it.
bool is_list_topic(std::string_view job);

/// Where progress streams get what they show.
/// @param opened Called when the first stream of a job opens: the progress actor is to be told.
/// @param lists Absent: there are no lists to follow.
sse_source progress_source(const node_port& port,
                           std::function<void(const std::string& job)> opened = nullptr,
                           std::shared_ptr<const list_versions> lists = nullptr);

/// What streams show of a job that got on.
job_news news_of(const job_progress& x);

/// The same for runs of deployment tasks.
sse_source run_source(const node_port& port,
                      std::function<void(const std::string& run)> opened = nullptr);
sse_limits run_limits(size_t max_streams);
void publish_run(sse_hub& hub, const job_progress& x);

/// GET /manage/task/stream
stream_route run_stream_route(std::shared_ptr<sse_hub> hub);

/// GET /diag/progress/stream, GET /events/stream
std::vector<stream_route> stream_routes(std::shared_ptr<sse_hub> hub);

} // namespace aops::http
