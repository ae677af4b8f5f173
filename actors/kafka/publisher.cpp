#include "actors/kafka/publisher.hpp"

#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

constexpr std::chrono::milliseconds look_at_outbox_every{200};
constexpr std::chrono::seconds publish_grace{2}; ///< Beyond the store's own deadline.
constexpr int64_t first_pause_ms = 500, longest_pause_ms = 30'000;
constexpr size_t most_takeovers = 3;                ///< By whoever led before, or leads next.
constexpr int64_t takeovers_count_ms = 10 * 60'000; ///< So long; events are published in between.

using batches = std::vector<std::pair<std::string, storage::outbox_event>>;

mq::outgoing outgoing_of(const storage::outbox_event& x) {
  mq::outgoing out{x.topic, x.message_key, x.body, {{"event-id", x.event_id}}};
  auto headers = storage::read_headers(x.headers);
  if (headers.empty())
    out.headers.push_back({"content-type", "application/json"});
  for (auto& [name, value] : headers)
    if (name != "event-id" || headers.empty())
      out.headers.push_back({std::move(name), std::move(value)});
  return out;
}

void next(kafka_publisher_pointer self, outbox_step step);
void look(kafka_publisher_pointer self);

void show_problem(kafka_publisher_pointer self, const std::string& why) {
  const auto& services = *self->state.services;
  if (why.empty())
    services.health->recovered("kafka publisher");
  else
    services.health->impaired("kafka publisher", why);
}

/// Nobody knows how far it got: it begins anew, after a while.
void failed(kafka_publisher_pointer self, const error& why) {
  auto& st = self->state;
  st.has_begun = false;
  auto pause = std::min(longest_pause_ms, first_pause_ms << std::min<size_t>(st.failures, 8));
  st.quiet_until_ms = st.services->clock->now_ms() + pause;
  if (why == ec::fenced) // Another node leads, or will presently see that this one does.
    return;
  if (st.failures++ == 0)
    log::warn("events-not-published", "events wait and are tried again: {}", to_string(why));
  show_problem(self, why.detail);
}

/// Takeovers long ago say nothing of now.
void forget_takeovers(kafka_publisher_pointer self) {
  auto& st = self->state;
  if (st.services->clock->now_ms() - st.last_takeover_ms > takeovers_count_ms)
    st.takeovers = 0;
}

/// What is to be seen while nothing fails.
void show_standing(kafka_publisher_pointer self) {
  auto& st = self->state;
  forget_takeovers(self);
  show_problem(self,
               st.takeovers < most_takeovers
                 ? std::string{}
                 : "somebody else publishes as " + mq::publisher_of(*st.services->config));
}

/// The queue did not take something. Who led before may be at it for a moment; nobody else is.
void not_taken(kafka_publisher_pointer self, const error& why) {
  auto& st = self->state;
  failed(self, why);
  if (why != ec::fenced)
    return;
  forget_takeovers(self);
  st.last_takeover_ms = st.services->clock->now_ms();
  if (++st.takeovers == most_takeovers)
    log::warn("publisher-taken-over",
              "somebody else publishes as {}, too: another system of the same kafka.group?",
              mq::publisher_of(*st.services->config));
  if (st.takeovers >= most_takeovers)
    show_standing(self);
}

void published(kafka_publisher_pointer self, size_t count) {
  auto& st = self->state;
  if (std::exchange(st.failures, 0) > 0)
    log::info("events-published", "events are published again");
  show_standing(self);
  st.services->standing->update(
    [&](kafka_status& now) { now.published += static_cast<int64_t>(count); });
  static auto events =
    metrics::counter_of("aops_kafka_events_published_total", "Events that the queue has.");
  events.add(static_cast<double>(count));
}

bool is_copy(const storage::outbox_event& x) {
  auto headers = storage::read_headers(x.headers);
  return std::any_of(
    headers.begin(), headers.end(), [](const auto& h) { return h.first == "aops-reason"; });
}

/// The queue will never take it. A copy of a message that could not be used is a little longer than
/// that was: its beginning tells as much.
void refuse(const storage::outbox_event& x, const error& why, outbox_step& step) {
  if (x.body.value_or("").size() > storage::outbox_repository::kept_of_long && is_copy(x)) {
    log::warn("event-shortened", "message {} for {}: {}", x.event_id, x.topic, why.detail);
    step.too_long.push_back(x.key);
    return;
  }
  log::error("event-unusable", "event {} for {} is dropped: {}", x.event_id, x.topic, why.detail);
  count_dropped("refused", 1);
  step.unusable.push_back(x.key);
}

/// Publishes the events of one batch. @returns The step that follows; none after a failure.
std::optional<outbox_step>
publish(kafka_publisher_pointer self, const std::string& batch, const batches& all) {
  std::vector<mq::outgoing> messages;
  std::vector<const storage::outbox_event*> rows;
  for (const auto& [name, event] : all)
    if (name == batch) {
      messages.push_back(outgoing_of(event));
      rows.push_back(&event);
    }
  std::vector<size_t> refused;
  auto done = self->state.queue->publish(messages, batch, refused);
  outbox_step step;
  if (done) {
    published(self, messages.size());
    step.published = batch;
    return step;
  }
  not_taken(self, done.error());
  if (refused.empty())
    return {};
  for (auto place : refused)
    refuse(*rows[place], done.error(), step);
  step.is_first = true;
  return step;
}

/// Takes the name over and learns what became of the batches that somebody has begun.
void begin(kafka_publisher_pointer self, const batches& open) {
  auto& st = self->state;
  std::set<std::string> topics;
  for (const auto& [batch, event] : open)
    topics.insert(event.topic);
  auto marks = st.queue->begin({topics.begin(), topics.end()});
  if (!marks)
    return not_taken(self, marks.error());
  st.has_begun = true;
  outbox_step step;
  if (open.empty()) {
    published(self, 0);
  } else if (const auto& batch = open.front().first;
             std::find(marks->begin(), marks->end(), batch) != marks->end()) {
    published(self, 0);
    step.published = batch;
  } else if (auto then = publish(self, batch, open)) { // All is well once that is.
    step = std::move(*then);
  } else {
    return;
  }
  next(self, std::move(step));
}

void got(kafka_publisher_pointer self, const outbox_step& asked, const outbox_batches& found) {
  auto& st = self->state;
  if (!st.queue) // Another node leads meanwhile; it finds the batch.
    return;
  if (!st.has_begun) {
    if (asked.is_first)
      begin(self, found.events);
    return; // Else it led, did not, and leads again: the next look begins.
  }
  if (found.events.empty()) {
    if (st.takeovers > 0 && st.failures == 0)
      show_standing(self);
    return;
  }
  if (auto step = publish(self, found.events.front().first, found.events))
    next(self, std::move(*step));
}

void next(kafka_publisher_pointer self, outbox_step step) {
  auto& st = self->state;
  const auto& services = *st.services;
  st.is_asking = true;
  auto then = [self, step](const expected<outbox_batches>& found) {
    self->state.is_asking = false;
    if (!found)
      return failed(self, found.error());
    got(self, step, *found);
    if (!self->state.is_asking && std::exchange(self->state.is_wanted, false))
      look(self);
  };
  ask<full_kafka_store_actor>(self,
                              *services.names,
                              kafka_store_name,
                              services.config->store.request_timeout.chrono() + publish_grace,
                              then,
                              std::move(step));
}

void look(kafka_publisher_pointer self) {
  auto& st = self->state;
  bool publishes = st.services->is_publisher();
  st.services->standing->update([&](kafka_status& now) { now.publishes = publishes; });
  if (!publishes) {
    st.queue.reset();
    st.has_begun = false;
    st.failures = st.takeovers = 0;
    show_problem(self, {});
    return;
  }
  if (st.is_asking) {
    st.is_wanted = true;
    return;
  }
  if (st.services->clock->now_ms() < st.quiet_until_ms)
    return;
  if (!st.queue) {
    auto made = st.services->queue->publish(mq::publisher_of(*st.services->config));
    if (!made)
      return failed(self, made.error());
    st.queue = std::move(*made);
  }
  outbox_step step;
  step.is_first = !st.has_begun;
  next(self, std::move(step));
}

} // namespace

kafka_publisher_actor::behavior_type kafka_publisher(kafka_publisher_pointer self,
                                                     kafka_services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  self->send(self, atom::tick_v);
  return {
    [self](atom::tick) {
      self->state.tick.again(self, look_at_outbox_every);
      look(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
