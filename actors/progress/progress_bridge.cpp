#include "actors/progress/progress_bridge.hpp"

#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using state = progress_bridge_state;
using watcher = state::watcher;

constexpr std::chrono::seconds watch_every{2};
constexpr std::chrono::seconds watch_for{6};
constexpr std::chrono::milliseconds between_news{250};

/// Jobs times nodes. More are refused: their streams re-read the store every few seconds.
constexpr size_t most_watchers = 10'000;
constexpr size_t most_recent = 1024;

bool is_same(const job_progress& a, const job_progress& b) {
  return a.state == b.state && a.expected == b.expected && a.finished == b.finished &&
         a.failed == b.failed && a.last_number == b.last_number;
}

/// A tick by then at the latest.
void wake_at(progress_bridge_pointer self, state::time_point when) {
  auto& due = self->state.tick_due;
  if (due && *due <= when)
    return; // It looks at everything.
  due = when;
  auto wait = when - self->clock().now();
  self->delayed_send(self, std::max(wait, decltype(wait)::zero()), atom::tick_v);
}

// -- for other nodes

void tell(progress_bridge_pointer self,
          const std::string& node,
          watcher& w,
          const job_progress& news) {
  w.is_behind = false;
  if (w.told && is_same(w.last, news))
    return; // Two nodes that take each other for the owner must not go on for ever.
  w.told = self->clock().now();
  w.last = news;
  self->state.links.tell(node, caf::make_message(news));
}

void forward(progress_bridge_pointer self,
             const std::string& node,
             watcher& w,
             const job_progress& news) {
  auto now = self->clock().now();
  if (is_final(news.state) || !w.told || now - *w.told >= between_news)
    return tell(self, node, w, news);
  w.is_behind = true;
  wake_at(self, *w.told + between_news);
}

void remember(state& st, const job_progress& news) {
  if (!st.recent.insert_or_assign(news.job, news).second)
    return;
  st.recent_order.push_back(news.job);
  if (st.recent_order.size() <= most_recent)
    return;
  st.recent.erase(st.recent_order.front());
  st.recent_order.pop_front();
}

void on_progress(progress_bridge_pointer self, const job_progress& x) {
  auto& st = self->state;
  st.streams.publish(x);
  remember(st, x);
  if (auto it = st.watched.find(x.job); it != st.watched.end()) {
    it->second.news = x;
    for (auto& [node, w] : it->second.nodes)
      forward(self, node, w, x);
  }
}

/// Another node shows the job.
void add_watcher(progress_bridge_pointer self, const watch_job& x) {
  auto& st = self->state;
  auto job = st.watched.find(x.job);
  bool is_new = job == st.watched.end() || !job->second.nodes.contains(x.node);
  if (is_new && st.watchers >= most_watchers)
    return;
  auto& watched = st.watched[x.job];
  auto& w = watched.nodes[x.node];
  w.until = self->clock().now() + watch_for;
  wake_at(self, w.until);
  if (!is_new)
    return;
  ++st.watchers;
  if (auto last = st.recent.find(x.job); last != st.recent.end()) {
    watched.news = last->second;
    tell(self, x.node, w, watched.news); // What it may have missed before.
  }
}

/// Tells what was held back and forgets who does not ask any more.
void look_after_watchers(progress_bridge_pointer self) {
  auto& st = self->state;
  auto now = self->clock().now();
  for (auto job = st.watched.begin(); job != st.watched.end();) {
    auto& [news, nodes] = job->second;
    for (auto it = nodes.begin(); it != nodes.end();) {
      auto& [node, w] = *it;
      if (w.is_behind)
        forward(self, node, w, news);
      if (w.until <= now) {
        it = nodes.erase(it);
        --st.watchers;
        continue;
      }
      wake_at(self, w.until);
      ++it;
    }
    job = nodes.empty() ? st.watched.erase(job) : std::next(job);
  }
}

// -- for this node's streams

void watch(progress_bridge_pointer self, const std::string& job) {
  auto& st = self->state;
  auto owner = st.links.owner_of(job);
  auto known = st.shown.find(job);
  bool has_moved = known != st.shown.end() && known->second != owner;
  st.shown[job] = owner;
  if (!owner.empty() && owner != st.links.node)
    st.links.tell(owner, caf::make_message(watch_job{job, st.links.node}));
  // News may have been lost on the way, or nobody may be there to tell.
  if (has_moved || (owner.empty() && !st.links.node.empty()))
    st.streams.refresh(job);
}

/// Watches what streams show, when it is time, and at once where a job has moved.
void look_after_streams(progress_bridge_pointer self) {
  auto& st = self->state;
  auto now = self->clock().now();
  auto jobs = st.streams.jobs();
  std::erase_if(st.shown, [&](const auto& x) {
    return std::find(jobs.begin(), jobs.end(), x.first) == jobs.end();
  });
  bool is_time = st.look_due <= now;
  if (is_time)
    st.look_due = now + watch_every;
  for (const auto& job : jobs)
    if (auto known = st.shown.find(job);
        is_time || known == st.shown.end() || known->second != st.links.owner_of(job))
      watch(self, job);
  if (!jobs.empty())
    wake_at(self, st.look_due);
}

void on_tick(progress_bridge_pointer self) {
  auto& due = self->state.tick_due;
  if (due && *due <= self->clock().now())
    due.reset();
  look_after_watchers(self);
  look_after_streams(self);
}

} // namespace

progress_actor::behavior_type
progress_bridge(progress_bridge_pointer self, progress_streams streams, progress_links links) {
  prepare(self);
  self->state.streams = std::move(streams);
  self->state.links = std::move(links);
  self->send(self, atom::tick_v); // Streams may be open already.
  return {
    [self](const job_progress& x) { on_progress(self, x); },
    [self](const watch_job& x) {
      if (x.node != self->state.links.node)
        return add_watcher(self, x);
      watch(self, x.job);
      wake_at(self, self->clock().now() + watch_every);
    },
    [self](atom::tick) { on_tick(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
