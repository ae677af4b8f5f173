#include "actors/remote/short_plays.hpp"

namespace aops::actors {

namespace {

using ansible::event_kind;

bool ends_an_action(event_kind kind) {
  return kind == event_kind::ok || kind == event_kind::failed || kind == event_kind::unreachable;
}

/// None of it could be done.
void refuse(const ansible::play_order& order, const error& why, const short_plays::on_end& done) {
  play_told told;
  told.result.how = fail(why);
  for (const auto& host : order.hosts) {
    told.result.hosts.emplace_back();
    told.result.hosts.back().host = host.id;
  }
  done(std::move(told));
}

} // namespace

std::string play_told::failure_of(const std::string& host) const {
  auto it = last.find(host);
  if (it != last.end() && it->second.kind == event_kind::ok)
    return {};
  if (it != last.end() && !it->second.message.empty())
    return it->second.message;
  if (!result.how)
    return result.how.error().detail.empty() ? std::string{to_string(result.how.error().code)}
                                             : result.how.error().detail;
  return "nothing was told of it";
}

void short_plays::run(ansible::play_order order, int64_t until_ms, on_end done, on_events tell) {
  bool has_room = false;
  {
    std::lock_guard lock{mutex_};
    has_room = !is_stopped_ && waiting_.size() < most_waiting_;
    if (has_room)
      waiting_.push_back({std::move(order), until_ms, std::move(done), std::move(tell)});
  }
  if (has_room)
    admit();
  else
    refuse(order, {ec::overloaded, "too many plays wait for their turn"}, done);
}

void short_plays::admit() {
  for (;;) {
    uint64_t number = 0;
    waiting next;
    {
      std::lock_guard lock{mutex_};
      if (is_stopped_ || waiting_.empty() || running_.size() >= most_running_)
        return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      number = ++number_;
      running_.emplace(number, running{});
    }
    auto left = next.until_ms == base::never_ms ? next.until_ms : next.until_ms - time_.steady_ms();
    if (left < shortest_play_ms) {
      // Nobody would hear of it: it is not begun on the hosts.
      refuse(next.order, {ec::timed_out, "its turn came too late"}, next.done);
      forget(number);
      continue;
    }
    next.order.timeout = std::min(next.order.timeout, std::chrono::milliseconds{left});
    start(number, std::move(next));
  }
}

void short_plays::start(uint64_t number, waiting what) {
  auto told = std::make_shared<play_told>();
  auto happened = [told, tell = what.tell](std::vector<ansible::play_event> events) {
    if (tell)
      tell(events);
    for (auto& event : events)
      if (ends_an_action(event.kind) && !event.host.empty()) {
        auto host = event.host;
        told->last[host] = std::move(event);
      }
  };
  auto ended =
    [self = shared_from_this(), number, told, done = what.done](ansible::play_result result) {
      told->result = std::move(result);
      done(std::move(*told));
      self->end(number);
    };
  ansible::play_order unstarted;
  for (const auto& host : what.order.hosts) {
    unstarted.hosts.emplace_back();
    unstarted.hosts.back().id = host.id;
  }
  auto started = player_->start(std::move(what.order), std::move(happened), std::move(ended));
  std::unique_ptr<ansible::play> over; // Ended outside of the lock.
  {
    std::lock_guard lock{mutex_};
    auto it = running_.find(number);
    if (!started || it == running_.end() || it->second.has_ended || is_stopped_) {
      if (it != running_.end())
        running_.erase(it);
      if (started)
        over = std::move(*started);
    } else {
      it->second.play = std::move(*started);
    }
  }
  if (!started)
    refuse(unstarted, started.error(), what.done);
}

void short_plays::forget(uint64_t number) {
  std::lock_guard lock{mutex_};
  running_.erase(number);
}

void short_plays::end(uint64_t number) {
  std::unique_ptr<ansible::play> over;
  {
    std::lock_guard lock{mutex_};
    auto it = running_.find(number);
    if (it != running_.end() && it->second.play) {
      over = std::move(it->second.play);
      running_.erase(it);
    } else if (it != running_.end()) {
      it->second.has_ended = true;
    }
  }
  over.reset();
  admit();
}

void short_plays::stop() {
  std::deque<waiting> waiting;
  std::vector<std::unique_ptr<ansible::play>> plays;
  {
    std::lock_guard lock{mutex_};
    is_stopped_ = true;
    waiting.swap(waiting_);
    for (auto& [number, x] : running_)
      if (x.play)
        plays.push_back(std::move(x.play));
    running_.clear();
  }
  for (auto& x : waiting)
    refuse(x.order, {ec::unreachable, "this node ends"}, x.done);
  for (auto& play : plays)
    play->cancel();
}

} // namespace aops::actors
