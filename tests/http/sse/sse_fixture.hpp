#pragma once

#include "http/server/server.hpp"
#include "http/sse/sse_hub.hpp"
#include "tests/http/support/raw_client.hpp"
#include "tests/http/support/sample_service.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace aops {

struct progress_stream {
  std::string task_id;
};
#define AOPS_FIELDS_progress_stream(F) F(task_id, required().text(1, 64), "Task.")
AOPS_MESSAGE(progress_stream)

} // namespace aops

namespace tests {

using namespace std::chrono_literals;

/// Jobs as a store would keep them.
class jobs_by_hand {
public:
  void add(const std::string& job, int64_t expected) {
    std::lock_guard lock{mutex_};
    auto& n = jobs_[job].news;
    n.job = job;
    n.expected = expected;
  }
  /// Stores reports up to a number; what to publish.
  http::job_news store_until(const std::string& job, int64_t seq) {
    std::lock_guard lock{mutex_};
    auto& j = jobs_[job];
    while (j.news.max_seq < seq) {
      ++j.news.max_seq;
      j.reports[j.news.max_seq] = "report-" + std::to_string(j.news.max_seq);
    }
    j.news.progress = j.news.max_seq;
    j.news.is_done = j.news.progress == j.news.expected;
    return j.news;
  }
  void erase_report(const std::string& job, int64_t seq) {
    std::lock_guard lock{mutex_};
    jobs_[job].reports.erase(seq);
  }
  void forget(const std::string& job) {
    std::lock_guard lock{mutex_};
    jobs_.erase(job);
  }

  http::sse_source source() {
    http::sse_source s;
    s.find = [this](const http::request_context& c,
                    const std::string& job) -> expected<http::job_news> {
      std::lock_guard lock{mutex_};
      auto it = jobs_.find(job);
      if (it == jobs_.end() || c.who.user == "stranger")
        return fail(ec::not_found, "task_id: no such task");
      auto news = it->second.news;
      news.scope = c.who.owner;
      return news;
    };
    s.fetch_after = [this](const http::request_context&,
                           const std::string& job,
                           int64_t after,
                           size_t limit) -> expected<http::report_page> {
      ++fetches;
      std::lock_guard lock{mutex_};
      if (is_down)
        return fail(ec::store_unreachable);
      http::report_page found;
      auto& reports = jobs_[job].reports;
      auto end = reports.end();
      if (looks_at > 0) {
        end = reports.upper_bound(after + looks_at);
        found.until = std::min(after + looks_at, jobs_[job].news.max_seq);
      }
      for (auto it = reports.upper_bound(after); it != end && found.events.size() < limit; ++it)
        found.events.push_back({it->first, {{"report_id", it->second}}});
      return found;
    };
    s.subscribe = [this](const std::string&) { ++subscribed; };
    s.unsubscribe = [this](const std::string&) { ++unsubscribed; };
    return s;
  }

  std::atomic<int> fetches{0}, subscribed{0}, unsubscribed{0};
  std::atomic<bool> is_down{false};
  std::atomic<int64_t> looks_at{0}; ///< Reports that one fetch looks at; 0: all.

private:
  struct job {
    http::job_news news;
    std::map<int64_t, std::string> reports;
  };
  std::mutex mutex_;
  std::map<std::string, job> jobs_;
};

inline http::sse_limits quick_limits() {
  http::sse_limits l;
  l.heartbeat = 400ms;
  l.write_interval = 20ms;
  l.check_interval = 100ms;
  l.refresh = 60s;
  l.batch = 7;
  l.recent = 20;
  return l;
}

struct sse_fixture {
  explicit sse_fixture(http::sse_limits limits = quick_limits()) : hub(jobs.source(), limits) {
    auto what = sample_service(sessions);
    what.streams.push_back(http::make_stream_route<progress_stream>(
      "/test/stream",
      http::may::user,
      "Progress.",
      [this](const http::stream_request& asked, const progress_stream& m) {
        return hub.open(asked, m.task_id);
      }));
    what.streams.push_back(http::make_stream_route<progress_stream>(
      "/test/many",
      http::may::user,
      "Progress of jobs j1, j2 and j3.",
      [this](const http::stream_request& asked, const progress_stream& m) {
        std::vector<http::sse_topic> topics;
        for (char number : m.task_id)
          topics.push_back({std::string{"diag:j"} + number,
                            std::string{"j"} + number,
                            number == '9' ? "change" : "progress"});
        return hub.open(asked, topics);
      }));
    http::server_options o;
    o.max_connections = 2048;
    auto started = http::http_server::start(o, std::move(what));
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().detail));
    server = std::move(*started);
    server->on_stop([this] { hub.stop(); });
    token = sessions.open("admin");
  }
  ~sse_fixture() { server->stop(); }

  /// A request for a stream.
  std::string request(const std::string& job,
                      const std::string& last_id = {},
                      const std::string& as = {}) const {
    std::string r = "GET /test/stream?task_id=" + job +
                    " HTTP/1.1\r\nHost: test\r\nAccess-Token: " + (as.empty() ? token : as) +
                    "\r\n";
    if (!last_id.empty())
      r += "Last-Event-ID: " + last_id + "\r\n";
    return r + "\r\n";
  }

  /// A stream of several jobs, opened as a browser's `EventSource` does.
  raw_client open_many(const std::string& numbers, const std::string& last_id = {}) const {
    raw_client c{server->port()};
    c.send("GET /test/many?task_id=" + numbers +
           " HTTP/1.1\r\nHost: test\r\nCookie: aops-session=" + token +
           "\r\nSec-Fetch-Site: same-origin\r\nAccept: text/event-stream\r\n" +
           (last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n") + "\r\n");
    return c;
  }

  raw_client open(const std::string& job, const std::string& last_id = {}) const {
    raw_client c{server->port()};
    c.send(request(job, last_id));
    return c;
  }

  sessions_by_hand sessions;
  jobs_by_hand jobs;
  http::sse_hub hub;
  std::unique_ptr<http::http_server> server;
  std::string token;
};

/// The ids of `report` events in what came, in order.
inline std::vector<int64_t> report_ids(const std::string& text) {
  std::vector<int64_t> ids;
  constexpr std::string_view mark = "event: report\nid: ";
  for (size_t at = 0; (at = text.find(mark, at)) != text.npos; at += mark.size())
    ids.push_back(std::atoll(text.c_str() + at + mark.size()));
  return ids;
}

inline std::vector<int64_t> from_to(int64_t first, int64_t last) {
  std::vector<int64_t> all;
  for (auto i = first; i <= last; ++i)
    all.push_back(i);
  return all;
}

} // namespace tests
