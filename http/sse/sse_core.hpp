#pragma once

#include "http/sse/sse_hub.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

namespace aops::http {

/// What the streams of one job and scope share.
struct sse_channel {
  std::condition_variable news_came;
  job_news news;
  uint64_t version = 0; ///< Grows with each change of `news`.
  bool is_gone = false; ///< The job does not exist (any more).
  size_t readers = 0;
  steady_time refreshed{};
  bool wants_refresh = false; ///< Somebody said that news may be missing.

  /// The newest reports, rendered: all that exist with `recent_after` < number <= `recent_until`.
  struct event {
    int64_t seq;
    std::string text;
  };
  std::deque<event> recent;
  int64_t recent_after = 0, recent_until = 0;
  bool is_fetching = false; ///< One reader fetches for all.
};

/// The state behind a hub; streams share it, so it lives until the last one ends.
class sse_hub::core {
public:
  core(sse_source s, sse_limits l) : source(std::move(s)), limits(l) {}

  /// Takes one of `max_streams` places; false when there is none.
  bool take_place();
  void leave_place();

  /// Joins the channel of a job before its state is known, so that no news gets lost in between.
  std::shared_ptr<sse_channel> join(const std::string& job, const std::string& scope);
  void leave(const std::string& job, const std::string& scope);

  void publish(const job_news& news);
  void refresh(const std::string& job);
  std::vector<std::string> jobs() const;
  /// Merges news into one channel; with the lock held.
  static void merge(sse_channel& c, const job_news& news);
  void stop();

  const sse_source source;
  const sse_limits limits;

  mutable std::mutex
    mutex; ///< Guards all below and the channels; never held while the source is asked.
  std::condition_variable stopped; ///< Also wakes readers that may not write yet.
  bool is_stopping = false;
  size_t open = 0;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<sse_channel>> channels;

private:
  bool has_channels(const std::string& job) const;
};

/// One stream: waits for news, pulls reports, writes events.
class sse_hub::reader {
public:
  reader(std::shared_ptr<core> hub, stream_request asked, job_news news, int64_t after);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// One round; false when the stream has ended.
  bool pump(stream_sink& sink);

private:
  enum class wake { news, nothing_new, stop };
  using lock = std::unique_lock<std::mutex>;

  wake wait_for_news();
  bool has_news() const; ///< With the lock held.
  bool check(stream_sink& sink);
  bool wants_refresh() const;
  void refresh();
  /// Appends progress and end; true when nothing will follow.
  bool add_progress(std::string& text);
  /// Appends reports; false when the source did not answer.
  bool add_reports(std::string& text);
  bool add_shared(lock& held, std::string& text);
  bool add_private(lock& held, std::string& text);
  void append_recent(const std::vector<report_event>& found, size_t asked, int64_t known_max);
  bool write(stream_sink& sink, const std::string& text);
  request_context context() const;

  std::shared_ptr<core> hub_;
  std::shared_ptr<sse_channel> channel_;
  stream_request asked_;
  std::string job_, scope_;
  int64_t after_;               ///< Number of the last report written.
  int64_t shown_progress_ = -1; ///< -1: none yet.
  uint64_t seen_version_ = 0;
  steady_time may_write_, last_write_, next_check_;
};

/// An event as the wire has it.
std::string sse_event(std::string_view name, std::optional<int64_t> id, const json& data);

} // namespace aops::http
