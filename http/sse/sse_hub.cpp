#include "http/sse/sse_hub.hpp"

#include "http/sse/sse_core.hpp"
#include "runtime/base/metrics.hpp"

#include <algorithm>
#include <charconv>

namespace aops::http {

namespace {

expected<int64_t> last_event_id(std::string_view text) {
  int64_t id = 0;
  if (text.empty())
    return id;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (problem != std::errc{} || end != text.data() + text.size() || id < 0)
    return fail(ec::bad_request, "Last-Event-ID: must be the id of an event");
  return id;
}

metrics::gauge open_streams() {
  static auto it = metrics::gauge_of("aops_sse_streams", "Open progress streams.");
  return it;
}

} // namespace

// -- the shared state

bool sse_hub::core::take_place() {
  std::lock_guard held{mutex};
  if (is_stopping || open >= limits.max_streams)
    return false;
  ++open;
  open_streams().add(); // Other hubs count there, too.
  return true;
}

void sse_hub::core::leave_place() {
  std::lock_guard held{mutex};
  --open;
  open_streams().add(-1);
}

bool sse_hub::core::has_channels(const std::string& job) const {
  auto it = channels.lower_bound({job, {}});
  return it != channels.end() && it->first.first == job;
}

std::shared_ptr<sse_channel> sse_hub::core::join(const std::string& job, const std::string& scope) {
  std::unique_lock held{mutex};
  bool is_first = !has_channels(job);
  auto& channel = channels[{job, scope}];
  if (!channel) {
    channel = std::make_shared<sse_channel>();
    channel->refreshed = std::chrono::steady_clock::now();
  }
  ++channel->readers;
  auto joined = channel;
  held.unlock();
  if (is_first && source.subscribe)
    source.subscribe(job);
  return joined;
}

void sse_hub::core::leave(const std::string& job, const std::string& scope) {
  std::unique_lock held{mutex};
  auto it = channels.find({job, scope});
  if (it == channels.end() || --it->second->readers > 0)
    return;
  channels.erase(it);
  bool was_last = !has_channels(job);
  held.unlock();
  if (was_last && source.unsubscribe)
    source.unsubscribe(job);
}

void sse_hub::core::merge(sse_channel& c, const job_news& news) {
  c.news.progress = std::max(c.news.progress, news.progress);
  c.news.expected = std::max(c.news.expected, news.expected);
  c.news.max_seq = std::max(c.news.max_seq, news.max_seq);
  if (news.is_done && !news.state.empty())
    c.news.state = news.state;
  c.news.is_done = c.news.is_done || news.is_done;
  ++c.version;
}

void sse_hub::core::publish(const job_news& news) {
  std::lock_guard held{mutex};
  for (auto it = channels.lower_bound({news.job, {}});
       it != channels.end() && it->first.first == news.job;
       ++it) {
    merge(*it->second, news);
    it->second->wake_all();
  }
}

void sse_hub::core::refresh(const std::string& job) {
  std::lock_guard held{mutex};
  for (auto it = channels.lower_bound({job, {}}); it != channels.end() && it->first.first == job;
       ++it) {
    it->second->wants_refresh = true;
    if (!it->second->waiting.empty())
      (*it->second->waiting.begin())->notify_one(); // One stream asks for all.
  }
}

std::vector<std::string> sse_hub::core::jobs() const {
  std::lock_guard held{mutex};
  std::vector<std::string> out;
  for (const auto& [key, channel] : channels)
    if (out.empty() || out.back() != key.first)
      out.push_back(key.first);
  return out;
}

void sse_hub::core::stop() {
  std::lock_guard held{mutex};
  is_stopping = true;
  stopped.notify_all();
  for (const auto& [key, channel] : channels)
    channel->wake_all();
}

// -- the hub

sse_hub::sse_hub(sse_source source, sse_limits limits)
    : core_(std::make_shared<core>(std::move(source), limits)) {}

sse_hub::~sse_hub() { stop(); }

void sse_hub::publish(const job_news& news) { core_->publish(news); }

void sse_hub::refresh(const std::string& job) { core_->refresh(job); }

std::vector<std::string> sse_hub::jobs() const { return core_->jobs(); }

void sse_hub::stop() { core_->stop(); }

size_t sse_hub::streams() const {
  std::lock_guard held{core_->mutex};
  return core_->open;
}

expected<stream> sse_hub::open(const stream_request& asked, const std::string& job) {
  auto after = last_event_id(asked.last_event_id);
  if (!after)
    return fail(std::move(after.error()));
  auto seat = std::make_shared<place>(core_);
  if (!*seat)
    return fail(ec::overloaded, "too many progress streams");
  auto news = core_->source.find(asked.context, job);
  if (!news)
    return fail(std::move(news.error()));
  news->job = job;
  auto out = std::make_shared<writer>(core_, std::move(seat), asked);
  auto frame = [](std::string_view name, std::optional<int64_t> seq, std::string_view data) {
    if (name == "gone") // The stream just ends.
      return std::string{};
    return sse_event(name, seq ? std::to_string(*seq) : std::string{}, data);
  };
  out->add(std::make_unique<reader>(core_, asked.context, std::move(*news), *after, frame));
  stream live;
  live.pump = [out](stream_sink& sink) { return out->pump(sink); };
  return live;
}

} // namespace aops::http
