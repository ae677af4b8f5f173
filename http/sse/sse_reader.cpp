#include "http/sse/sse_core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::http {

using std::chrono::steady_clock;

std::string sse_event(std::string_view name, std::optional<int64_t> id, const json& data) {
  auto id_line = id ? fmt::format("id: {}\n", *id) : std::string{};
  return fmt::format("event: {}\n{}data: {}\n\n",
                     name,
                     id_line,
                     data.dump(-1, ' ', false, json::error_handler_t::replace));
}

namespace {

json progress_data(const job_news& news) {
  return {
    {"task_id", news.job}, {"progress", news.progress}, {"expected_report_num", news.expected}};
}

} // namespace

sse_hub::reader::reader(std::shared_ptr<core> hub,
                        stream_request asked,
                        job_news news,
                        int64_t after)
    : hub_(std::move(hub)), asked_(std::move(asked)), job_(news.job), scope_(news.scope),
      after_(after), may_write_(steady_clock::now()), last_write_(may_write_),
      next_check_(may_write_ + hub_->limits.check_interval) {
  channel_ = hub_->join(job_, scope_);
  // Between `find` and here news may have been published to nobody: the state is asked for once
  // more.
  if (auto again = hub_->source.find(context(), job_))
    news = std::move(*again);
  std::lock_guard held{hub_->mutex};
  if (channel_->version == 0) {
    channel_->news.job = job_;
    channel_->recent_after = channel_->recent_until = news.max_seq;
  }
  core::merge(*channel_, news);
}

sse_hub::reader::~reader() {
  hub_->leave(job_, scope_);
  hub_->leave_place();
}

request_context sse_hub::reader::context() const {
  auto c = asked_.context;
  constexpr std::chrono::seconds patience{5};
  c.deadline = steady_clock::now() + patience;
  return c;
}

bool sse_hub::reader::has_news() const {
  return seen_version_ != channel_->version || shown_progress_ < 0 ||
         after_ < channel_->news.max_seq || channel_->is_gone;
}

sse_hub::reader::wake sse_hub::reader::wait_for_news() {
  lock held{hub_->mutex};
  auto is_stopping = [this] { return hub_->is_stopping; };
  // Not on the channel: news must not wake a thousand readers that may not write yet.
  if (hub_->stopped.wait_until(held, may_write_, is_stopping))
    return wake::stop;
  auto until = std::min(next_check_, last_write_ + hub_->limits.heartbeat);
  channel_->news_came.wait_until(held, until, [&] {
    return is_stopping() || channel_->wants_refresh || (has_news() && !channel_->is_fetching);
  });
  if (is_stopping())
    return wake::stop;
  return has_news() ? wake::news : wake::nothing_new;
}

bool sse_hub::reader::check(stream_sink& sink) {
  auto now = steady_clock::now();
  if (now < next_check_ && !wants_refresh())
    return true;
  next_check_ = now + hub_->limits.check_interval;
  if (!sink.is_open() || (asked_.still_valid && !asked_.still_valid()))
    return false;
  refresh();
  return true;
}

bool sse_hub::reader::wants_refresh() const {
  lock held{hub_->mutex};
  return channel_->wants_refresh;
}

void sse_hub::reader::refresh() {
  {
    lock held{hub_->mutex};
    auto now = steady_clock::now();
    if (!std::exchange(channel_->wants_refresh, false) &&
        now < channel_->refreshed + hub_->limits.refresh)
      return;
    channel_->refreshed = now; // One reader asks for all.
  }
  auto news = hub_->source.find(context(), job_);
  lock held{hub_->mutex};
  if (news)
    core::merge(*channel_, *news);
  else if (news.error() == ec::not_found)
    channel_->is_gone = true;
  channel_->news_came.notify_all();
}

void sse_hub::reader::append_recent(const std::vector<report_event>& found,
                                    size_t asked,
                                    int64_t known_max) {
  auto& c = *channel_;
  for (const auto& r : found)
    c.recent.push_back({r.seq, sse_event("report", r.seq, r.data)});
  if (!found.empty())
    c.recent_until = std::max(c.recent_until, found.back().seq);
  if (found.size() < asked) // The rest up to here was deleted.
    c.recent_until = std::max(c.recent_until, known_max);
  while (c.recent.size() > hub_->limits.recent) {
    c.recent_after = c.recent.front().seq;
    c.recent.pop_front();
  }
}

bool sse_hub::reader::add_shared(lock& held, std::string& text) {
  auto& c = *channel_;
  if (after_ >= c.recent_until) { // `wait_for_news` saw to it that nobody else fetches.
    c.is_fetching = true;
    auto from = c.recent_until; // Not `after_`: what is kept must have no gap.
    auto known_max = c.news.max_seq;
    held.unlock();
    auto found = hub_->source.fetch_after(context(), job_, from, hub_->limits.batch);
    held.lock();
    c.is_fetching = false;
    c.news_came.notify_all();
    if (!found)
      return false;
    append_recent(*found, hub_->limits.batch, known_max);
  }
  auto first =
    std::upper_bound(c.recent.begin(), c.recent.end(), after_, [](int64_t seq, const auto& e) {
      return seq < e.seq;
    });
  size_t n = 0;
  for (; first != c.recent.end() && n < hub_->limits.batch; ++first, ++n) {
    text += first->text;
    after_ = first->seq;
  }
  if (first == c.recent.end())
    after_ = std::max(after_, c.recent_until);
  return true;
}

bool sse_hub::reader::add_private(lock& held, std::string& text) {
  auto known_max = channel_->news.max_seq;
  held.unlock();
  auto found = hub_->source.fetch_after(context(), job_, after_, hub_->limits.batch);
  held.lock();
  if (!found)
    return false;
  for (const auto& r : *found) {
    text += sse_event("report", r.seq, r.data);
    after_ = r.seq;
  }
  if (found->size() < hub_->limits.batch)
    after_ = std::max(after_, known_max);
  return true;
}

bool sse_hub::reader::add_reports(std::string& text) {
  lock held{hub_->mutex};
  if (after_ >= channel_->news.max_seq)
    return true;
  if (after_ < channel_->recent_after)
    return add_private(held, text);
  // Another reader may have begun to fetch since we woke: its reports will wake us again.
  return channel_->is_fetching && after_ >= channel_->recent_until ? true : add_shared(held, text);
}

bool sse_hub::reader::write(stream_sink& sink, const std::string& text) {
  last_write_ = steady_clock::now();
  may_write_ = last_write_ + hub_->limits.write_interval;
  return sink.write(text);
}

bool sse_hub::reader::add_progress(std::string& text) {
  lock held{hub_->mutex};
  const auto& news = channel_->news;
  seen_version_ = channel_->version;
  if (news.progress > shown_progress_)
    text += sse_event("progress", {}, progress_data(news));
  shown_progress_ = std::max(shown_progress_, news.progress);
  bool is_last = news.is_done && after_ >= news.max_seq;
  if (is_last) {
    auto data = progress_data(news);
    if (!news.state.empty())
      data["state"] = news.state;
    text += sse_event("done", {}, data);
  }
  return is_last || channel_->is_gone;
}

bool sse_hub::reader::pump(stream_sink& sink) {
  auto woken = wait_for_news();
  if (woken == wake::stop || !check(sink))
    return false;
  std::string text;
  bool is_last = false;
  if (woken == wake::news && add_reports(text))
    is_last = add_progress(text);
  else if (woken == wake::news) // The source did not answer: ask again, but not at once.
    may_write_ = steady_clock::now() + hub_->limits.check_interval;
  if (text.empty() && !is_last && steady_clock::now() >= last_write_ + hub_->limits.heartbeat)
    text = ":\n\n";
  return (text.empty() || write(sink, text)) && !is_last;
}

} // namespace aops::http
