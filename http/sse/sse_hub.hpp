#pragma once

#include "http/server/route.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aops::http {

/// Where a job stands.
struct job_news {
  std::string job;
  int64_t progress = 0; ///< Results stored; a lower number than before is ignored.
  int64_t expected = 0; ///< Results to come in all.
  /// Number of the newest report; reports are numbered from 1 in the order of their storing.
  int64_t max_seq = 0;
  bool is_done = false; ///< Nothing more will come.
  /// Only read from `find`: callers with equal scopes see the same reports of this job.
  std::string scope;
  std::string state; ///< How it ended, for `done`; empty: not told.
};

/// One numbered event as streams show it.
struct report_event {
  int64_t seq = 0;
  json data; ///< Of a report: the row of `/diag/report/get_list`.
  std::string name = "report";
};

/// What a source found after a number.
struct report_page {
  std::vector<report_event> events; ///< In order.
  /// All up to this number was looked at. Absent: so it was unless there are as many as asked for.
  std::optional<int64_t> until{};
};

/// Where a hub gets what it shows. Called from connection threads, several at once; each call
/// bounded by the context's own time-out.
struct sse_source {
  /// Where the job stands, as stored. ec::not_found for jobs the caller may not see.
  std::function<expected<job_news>(const request_context&, const std::string& job)> find;
  /// Reports with a greater number, in order, at most `limit`.
  std::function<expected<report_page>(
    const request_context&, const std::string& job, int64_t after, size_t limit)>
    fetch_after;
  /// The data of `progress` and `done`; absent: {task_id, progress, expected_report_num}.
  std::function<json(const job_news&)> show;
  /// The first local stream of a job opens, the last one closes. May be absent.
  std::function<void(const std::string&job)> subscribe, unsubscribe;
};

struct sse_limits {
  size_t max_streams = 1024;
  std::chrono::milliseconds heartbeat{15'000};     ///< A comment after this long without an event.
  std::chrono::milliseconds write_interval{250};   ///< From write to write of a stream.
  std::chrono::milliseconds check_interval{1'000}; ///< Between looks at session and client.
  /// Between looks at the stored state, should news get lost.
  std::chrono::milliseconds refresh{5'000};
  size_t batch = 500;    ///< Reports in one write.
  size_t recent = 1'000; ///< Reports kept per job while it has streams, for fanning out.
};

/// One of the jobs that a stream of many shows.
struct sse_topic {
  std::string name; ///< What the client calls it, `diag:<task_id>`.
  std::string job;
  std::string progress = "progress"; ///< What the event is called that says where it stands.
};

/// Shows the progress of jobs to any number of streams: `progress` {task_id, progress,
/// expected_report_num}, `report` (its number as event id) and, last, `done` (with `state`). A node
/// holds one subscription per job and fans out here; streams pull reports after the last one they
/// sent, so a slow client costs nothing.
///
///     sse_hub hub{source};
///     service.streams.push_back(make_stream_route<progress_stream>("/diag/progress/stream",
///     may::user, "…",
///       [&](const stream_request& asked, const progress_stream& m) { return hub.open(asked,
///       m.task_id); }));
///     server->on_stop([&] { hub.stop(); });
class sse_hub {
public:
  explicit sse_hub(sse_source source, sse_limits limits = {});
  ~sse_hub(); ///< Stops. Streams may outlive it.

  /// A stream of a job, resumed after `Last-Event-ID`. ec::bad_request when that is no number,
  /// ec::overloaded beyond `max_streams`, else what `find` says.
  expected<stream> open(const stream_request& asked, const std::string& job);

  /// One stream of several jobs, because a browser opens few connections to a server. The data of
  /// each event name its `topic`; ids tell where all topics stand, so that one id resumes them all.
  /// A job that does not exist, or not any more, is `gone`. Resumed after the last event of the
  /// last topic, the stream is empty (HTTP 204). Errors as above.
  expected<stream> open(const stream_request& asked, const std::vector<sse_topic>& topics);

  /// A job got on. Never waits; jobs without local streams are ignored.
  void publish(const job_news& news);

  /// Asks the store soon where the job stands: its news may have got lost. Never waits.
  void refresh(const std::string& job);

  /// Jobs with open streams, each once.
  std::vector<std::string> jobs() const;

  /// Ends all streams at once and opens no more.
  void stop();

  size_t streams() const;

private:
  class core;
  class place;
  class reader;
  class writer;
  std::shared_ptr<core> core_;
};

} // namespace aops::http
