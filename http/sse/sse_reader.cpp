#include "http/sse/sse_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aops::http {

using std::chrono::steady_clock;

std::string sse_event(std::string_view name, std::string_view id, std::string_view data) {
  auto id_line = id.empty() ? std::string{} : fmt::format("id: {}\n", id);
  return fmt::format("event: {}\n{}data: {}\n\n", name, id_line, data);
}

namespace {

std::string dump(const json& data) {
  return data.dump(-1, ' ', false, json::error_handler_t::replace);
}

json usual_progress(const job_news& news) {
  return {
    {"task_id", news.job}, {"progress", news.progress}, {"expected_report_num", news.expected}};
}

} // namespace

sse_hub::reader::reader(std::shared_ptr<core> hub,
                        request_context context,
                        job_news news,
                        int64_t after,
                        sse_framing frame)
    : hub_(std::move(hub)), context_(std::move(context)), job_(news.job), scope_(news.scope),
      frame_(std::move(frame)), after_(after) {
  channel_ = hub_->join(job_, scope_);
  // Between `find` and here news may have been published to nobody: the state is asked for once
  // more.
  if (auto again = hub_->source.find(this->context(), job_))
    news = std::move(*again);
  std::lock_guard held{hub_->mutex};
  if (channel_->version == 0) {
    channel_->news.job = job_;
    channel_->recent_after = channel_->recent_until = news.max_seq;
  }
  core::merge(*channel_, news);
}

sse_hub::reader::~reader() { hub_->leave(job_, scope_); }

request_context sse_hub::reader::context() const {
  auto c = context_;
  constexpr std::chrono::seconds patience{5};
  c.deadline = steady_clock::now() + patience;
  return c;
}

bool sse_hub::reader::has_news() const {
  return seen_version_ != channel_->version || shown_progress_ < 0 ||
         after_ < channel_->news.max_seq || channel_->is_gone;
}

bool sse_hub::reader::is_due() const { return !is_over_ && has_news() && !channel_->is_fetching; }

bool sse_hub::reader::is_behind() const { return !is_over_ && after_ < channel_->news.max_seq; }

bool sse_hub::reader::wants_refresh() const { return !is_over_ && channel_->wants_refresh; }

void sse_hub::reader::refresh() {
  {
    lock held{hub_->mutex};
    auto now = steady_clock::now();
    if (is_over_ || (!std::exchange(channel_->wants_refresh, false) &&
                     now < channel_->refreshed + hub_->limits.refresh))
      return;
    channel_->refreshed = now; // One stream asks for all.
  }
  auto news = hub_->source.find(context(), job_);
  lock held{hub_->mutex};
  if (news)
    core::merge(*channel_, *news);
  else if (news.error() == ec::not_found)
    channel_->is_gone = true;
  channel_->wake_all();
}

/// Up to which number the source has nothing that was not found. @param known_max Number of the
/// newest report when it was asked.
int64_t sse_hub::reader::looked_until(const report_page& found, int64_t known_max) const {
  auto until = found.events.empty() ? int64_t{0} : found.events.back().seq;
  if (found.until)
    return std::max(until, *found.until);
  // The rest up to here was deleted.
  return found.events.size() < hub_->limits.batch ? std::max(until, known_max) : until;
}

void sse_hub::reader::append_recent(const report_page& found, int64_t until) {
  auto& c = *channel_;
  for (const auto& r : found.events)
    c.recent.push_back({r.seq, dump(r.data), r.name});
  c.recent_until = std::max(c.recent_until, until);
  while (c.recent.size() > hub_->limits.recent) {
    c.recent_after = c.recent.front().seq;
    c.recent.pop_front();
  }
}

bool sse_hub::reader::add_shared(lock& held, std::string& text) {
  auto& c = *channel_;
  if (after_ >= c.recent_until) { // `add_reports` saw to it that nobody else fetches.
    c.is_fetching = true;
    auto from = c.recent_until; // Not `after_`: what is kept must have no gap.
    auto known_max = c.news.max_seq;
    held.unlock();
    auto found = hub_->source.fetch_after(context(), job_, from, hub_->limits.batch);
    held.lock();
    c.is_fetching = false;
    c.wake_all();
    if (!found)
      return false;
    auto until = looked_until(*found, known_max);
    append_recent(*found, until);
    if (until <= from)
      return false; // Nothing new, though there is: asked again, but not at once.
  }
  auto first =
    std::upper_bound(c.recent.begin(), c.recent.end(), after_, [](int64_t seq, const auto& e) {
      return seq < e.seq;
    });
  size_t n = 0;
  for (; first != c.recent.end() && n < hub_->limits.batch; ++first, ++n) {
    text += frame_(first->name, first->seq, first->data);
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
  for (const auto& r : found->events)
    text += frame_(r.name, r.seq, dump(r.data));
  auto until = looked_until(*found, known_max);
  return std::exchange(after_, std::max(after_, until)) < until;
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

void sse_hub::reader::add_progress(std::string& text) {
  lock held{hub_->mutex};
  const auto& news = channel_->news;
  const auto& show = hub_->source.show;
  auto shown = show ? show(news) : usual_progress(news);
  seen_version_ = channel_->version;
  if (news.progress > shown_progress_)
    text += frame_("progress", {}, dump(shown));
  shown_progress_ = std::max(shown_progress_, news.progress);
  bool is_done = news.is_done && after_ >= news.max_seq;
  is_over_ = is_done || channel_->is_gone;
  if (is_done) {
    if (!news.state.empty())
      shown["state"] = news.state;
    text += frame_("done", {}, dump(shown));
  } else if (is_over_) {
    text += frame_("gone", {}, "{}");
  }
}

bool sse_hub::reader::add(std::string& text) {
  {
    lock held{hub_->mutex};
    if (is_over_ || !has_news())
      return true;
  }
  if (!add_reports(text))
    return false;
  add_progress(text);
  return true;
}

} // namespace aops::http
