#include "http/sse/sse_core.hpp"

#include <algorithm>

namespace aops::http {

using std::chrono::steady_clock;

namespace {

/// What does not fit waits for the next write, so that many jobs in one stream stay bounded.
constexpr size_t most_in_write = 512 * 1024;

} // namespace

sse_hub::writer::writer(std::shared_ptr<core> hub,
                        std::shared_ptr<place> seat,
                        stream_request asked)
    : hub_(std::move(hub)), seat_(std::move(seat)), asked_(std::move(asked)),
      may_write_(steady_clock::now()), last_write_(may_write_),
      next_check_(may_write_ + hub_->limits.check_interval) {}

bool sse_hub::writer::is_due() const {
  return !text_.empty() ||
         std::any_of(readers_.begin(), readers_.end(), [](const auto& r) { return r->is_due(); });
}

bool sse_hub::writer::wants_refresh() const {
  return std::any_of(
    readers_.begin(), readers_.end(), [](const auto& r) { return r->wants_refresh(); });
}

bool sse_hub::writer::wait() {
  std::unique_lock held{hub_->mutex};
  auto is_stopping = [this] { return hub_->is_stopping; };
  // Not among those that wait for news: it must not wake a thousand streams that may not write yet.
  if (hub_->stopped.wait_until(held, may_write_, is_stopping))
    return false;
  for (auto& r : readers_)
    r->channel().waiting.insert(&wake_);
  auto until = std::min(next_check_, last_write_ + hub_->limits.heartbeat);
  wake_.wait_until(held, until, [&] { return is_stopping() || wants_refresh() || is_due(); });
  for (auto& r : readers_)
    r->channel().waiting.erase(&wake_);
  return !is_stopping();
}

bool sse_hub::writer::check(stream_sink& sink) {
  auto now = steady_clock::now();
  {
    std::lock_guard held{hub_->mutex};
    if (now < next_check_ && !wants_refresh())
      return true;
  }
  next_check_ = now + hub_->limits.check_interval;
  if (!sink.is_open() || (asked_.still_valid && !asked_.still_valid()))
    return false;
  for (auto& r : readers_)
    r->refresh();
  return true;
}

void sse_hub::writer::collect() {
  for (size_t i = 0; i < readers_.size(); ++i) {
    if (text_.size() > most_in_write) {
      first_ = (first_ + i) % readers_.size();
      return;
    }
    // One whose source did not answer is asked again, but not at once.
    if (!readers_[(first_ + i) % readers_.size()]->add(text_))
      may_write_ = steady_clock::now() + hub_->limits.check_interval;
  }
}

bool sse_hub::writer::is_over() const {
  return std::all_of(readers_.begin(), readers_.end(), [](const auto& r) { return r->is_over(); });
}

bool sse_hub::writer::is_behind() const {
  std::lock_guard held{hub_->mutex};
  return std::any_of(
    readers_.begin(), readers_.end(), [](const auto& r) { return r->is_behind(); });
}

/// @param began When it began to collect what is written. For who is behind what that took counts
/// as a pause; others rest in between, so that a thousand of them leave room.
bool sse_hub::writer::write(stream_sink& sink, steady_time began) {
  last_write_ = steady_clock::now();
  auto since = is_behind() ? began : last_write_;
  may_write_ = std::max(may_write_, since + hub_->limits.write_interval);
  auto text = std::exchange(text_, {});
  return sink.write(text);
}

bool sse_hub::writer::pump(stream_sink& sink) {
  if (!wait() || !check(sink))
    return false;
  auto began = steady_clock::now();
  collect();
  if (text_.empty() && !is_over() && steady_clock::now() >= last_write_ + hub_->limits.heartbeat)
    text_ = ":\n\n";
  return (text_.empty() || write(sink, began)) && !is_over();
}

} // namespace aops::http
