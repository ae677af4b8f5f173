#pragma once

#include "http/sse/sse_hub.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace aops::http {

/// What the streams of one job and scope share.
struct sse_channel {
  std::set<std::condition_variable*> waiting; ///< Of streams that may write.
  job_news news;
  uint64_t version = 0; ///< Grows with each change of `news`.
  bool is_gone = false; ///< The job does not exist (any more).
  size_t readers = 0;
  steady_time refreshed{};
  bool wants_refresh = false; ///< Somebody said that news may be missing.

  /// The data of the newest reports: all that exist with `recent_after` < number <= `recent_until`.
  struct event {
    int64_t seq;
    std::string data, name;
  };
  std::deque<event> recent;
  int64_t recent_after = 0, recent_until = 0;
  bool is_fetching = false; ///< One reader fetches for all.

  void wake_all() const {
    for (auto* stream : waiting)
      stream->notify_one();
  }
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

  /// Guards all below and the channels; never held while the source is asked.
  mutable std::mutex mutex;
  std::condition_variable stopped; ///< Also wakes streams that may not write yet.
  bool is_stopping = false;
  size_t open = 0;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<sse_channel>> channels;

private:
  bool has_channels(const std::string& job) const;
};

/// One of the places that a hub has for streams, until it is destroyed.
class sse_hub::place {
public:
  explicit place(std::shared_ptr<core> hub) : hub_(std::move(hub)), is_ours_(hub_->take_place()) {}
  ~place() {
    if (is_ours_)
      hub_->leave_place();
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  explicit operator bool() const { return is_ours_; }

private:
  std::shared_ptr<core> hub_;
  bool is_ours_;
};

/// Makes the text of an event: its name, the number of a report, and its data, a JSON object.
using sse_framing =
  std::function<std::string(std::string_view name, std::optional<int64_t> seq, std::string_view)>;

/// One job as one stream shows it: pulls reports, makes events.
class sse_hub::reader {
public:
  reader(std::shared_ptr<core> hub,
         request_context context,
         job_news news,
         int64_t after,
         sse_framing frame);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  sse_channel& channel() { return *channel_; }
  bool is_over() const { return is_over_; } ///< Nothing will follow.
  bool is_due() const;        ///< Whether `add` has something to do; with the lock held.
  bool is_behind() const;     ///< Whether there are more reports than it wrote; with the lock held.
  bool wants_refresh() const; ///< With the lock held.
  /// Asks the source where the job stands, when that is due and nobody else of the job does.
  void refresh();
  /// Appends what is new; false when the source did not answer.
  bool add(std::string& text);

private:
  using lock = std::unique_lock<std::mutex>;

  bool has_news() const; ///< With the lock held.
  void add_progress(std::string& text);
  bool add_reports(std::string& text);
  bool add_shared(lock& held, std::string& text);
  bool add_private(lock& held, std::string& text);
  void append_recent(const report_page& found, int64_t until);
  int64_t looked_until(const report_page& found, int64_t known_max) const;
  request_context context() const;

  std::shared_ptr<core> hub_;
  std::shared_ptr<sse_channel> channel_;
  request_context context_;
  std::string job_, scope_;
  sse_framing frame_;
  int64_t after_;               ///< Number of the last report written.
  int64_t shown_progress_ = -1; ///< -1: none yet.
  uint64_t seen_version_ = 0;
  bool is_over_ = false;
};

/// One stream: waits for news of its jobs, writes their events.
class sse_hub::writer {
public:
  writer(std::shared_ptr<core> hub, std::shared_ptr<place> seat, stream_request asked);

  /// Before the first `pump`.
  void add(std::unique_ptr<reader> r) { readers_.push_back(std::move(r)); }
  void add(std::string text) { text_ += text; }

  /// One round; false when the stream has ended.
  bool pump(stream_sink& sink);

private:
  bool wait(); ///< False when the hub stops.
  bool is_due() const;
  bool is_behind() const;
  bool wants_refresh() const;
  bool check(stream_sink& sink);
  void collect();
  bool is_over() const;
  bool write(stream_sink& sink, steady_time began);

  std::shared_ptr<core> hub_;
  std::shared_ptr<place> seat_;
  stream_request asked_;
  std::vector<std::unique_ptr<reader>> readers_;
  size_t first_ = 0; ///< Whose turn it is when not all fit into one write.
  std::string text_; ///< To be written.
  std::condition_variable wake_;
  steady_time may_write_, last_write_, next_check_;
};

/// An event as the wire has it. @param id Empty: it has none.
std::string sse_event(std::string_view name, std::string_view id, std::string_view data);

} // namespace aops::http
