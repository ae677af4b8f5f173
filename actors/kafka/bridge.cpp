#include "actors/kafka/bridge.hpp"

#include "actors/support/ask.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds look_at_brokers_every{1};
constexpr std::chrono::seconds try_again_after{1};
constexpr std::chrono::milliseconds tell_every{20}, tell_every_in_a_flood{500};
constexpr size_t flood = 50;             ///< Jobs between two tellings.
constexpr std::chrono::seconds grace{2}; ///< Beyond the store's own deadline.

/// Another node may be storing the same message; after so many times it is something else.
constexpr int most_conflicts = 3;

/// Looks from one that counts all events to the next, while they are many.
constexpr int64_t looks_of_a_count = 10;

/// Jobs go on being taken below this share of what may be open, so that it does not flutter.
constexpr int64_t low_share = 9, of_shares = 10;

using reader = kafka_bridge_state::reader;

void count(const reader& x, const char* outcome, int64_t n) {
  if (n > 0)
    metrics::counter_of("aops_kafka_messages_total",
                        "Messages of topics of requests by what came of them.",
                        {{"topic", x.topic}, {"outcome", outcome}})
      .add(static_cast<double>(n));
}

// -- jobs

/// One job of each slot is enough: a region looks at whole slots.
void tell_regions(kafka_bridge_pointer self) {
  auto& st = self->state;
  jobs_added news;
  for (auto& [slot, id] : std::exchange(st.new_jobs, {}))
    news.jobs.push_back(std::move(id));
  if (news.jobs.empty())
    return;
  const auto& names = *st.services->names;
  if (!st.services->is_single)
    tell_all_nodes(names, std::string{jobs_name}, caf::make_message(news));
  tell<jobs_actor>(names, jobs_name, std::move(news));
}

/// At once when few came lately: somebody waits for the report. In a flood a few times a second:
/// each time the region reads its queue.
void note_jobs(kafka_bridge_pointer self, std::vector<std::string> ids, size_t count) {
  auto& st = self->state;
  st.told_jobs += count;
  for (auto& id : ids) {
    auto slot = schedule::slot_of(id);
    st.new_jobs.emplace(slot, std::move(id));
  }
  if (st.new_jobs.empty() || std::exchange(st.is_telling, true))
    return;
  tell_regions(self);
  auto is_flood = std::exchange(st.told_jobs, 0) > flood;
  self->delayed_send(self, is_flood ? tell_every_in_a_flood : tell_every, jobs_are_there{});
}

// -- batches

void taken(kafka_bridge_pointer self, const batch_arrived& x, messages_taken what) {
  auto& st = self->state;
  auto& from = st.readers[x.loop];
  from.loop->done(x.batch.number);
  from.accepted += what.accepted;
  from.repeated += what.repeated;
  from.rejected += what.rejected;
  st.open_jobs += what.accepted;
  count(from, "accepted", what.accepted);
  count(from, "repeated", what.repeated);
  count(from, "rejected", what.rejected);
  if (what.rejected > 0)
    if (auto untold = st.told.due(st.services->clock->now_ms()))
      log::warn("messages-rejected",
                "{} messages of {} cannot be used{}; `aops kafka dlq list` shows them",
                what.rejected,
                from.topic,
                *untold == 0 ? "" : ", and others before them");
  if (st.troubles.erase(x.loop) > 0)
    log::info("messages-taken", "messages of {} are stored again", from.topic);
  note_jobs(self, std::move(what.new_jobs), static_cast<size_t>(what.accepted));
}

void take(kafka_bridge_pointer self, const batch_arrived& x);

/// What passes is waited for. A store that says no says it of one of the messages: the others are
/// not to wait for it.
void not_taken(kafka_bridge_pointer self, batch_arrived x, const error& why) {
  auto& st = self->state;
  const auto& topic = st.readers[x.loop].topic;
  x.refusals += is_refusal(why);
  if (is_refusal(why) && !x.is_one_by_one &&
      (why != ec::conflict || x.refusals >= most_conflicts)) {
    log::warn("messages-refused",
              "messages of {} are tried one by one, for the store refuses them together: {}",
              topic,
              to_string(why));
    x.is_one_by_one = true;
    return take(self, x);
  }
  if (st.troubles.insert_or_assign(x.loop, to_string(why)).second)
    log::warn(
      "messages-not-taken", "messages of {} wait and are tried again: {}", topic, to_string(why));
  self->delayed_send(self, try_again_after, std::move(x));
}

void take(kafka_bridge_pointer self, const batch_arrived& x) {
  const auto& services = *self->state.services;
  auto then = [self, x](expected<messages_taken> how) {
    if (how)
      taken(self, x, std::move(*how));
    else
      not_taken(self, x, how.error());
  };
  ask<full_kafka_store_actor>(
    self,
    *services.names,
    kafka_store_name,
    services.config->store.request_timeout.chrono() + grace,
    then,
    messages_to_take{x.batch.messages, self->state.readers[x.loop].kind, x.is_one_by_one});
}

// -- showing

std::string problem_of(const mq::standing& x) {
  return x.is_connected ? std::string{} : x.problem.empty() ? "connecting" : x.problem;
}

bool are_events_too_many(const kafka_bridge_state& st) {
  return st.waiting > st.services->config->kafka.max_outbox;
}

/// Why no messages are taken; empty: they are.
std::string waits_for(const kafka_bridge_state& st) {
  const auto& c = st.services->config->kafka;
  if (!st.troubles.empty())
    return "the store: " + st.troubles.begin()->second;
  if (!st.is_holding)
    return {};
  if (are_events_too_many(st))
    return fmt::format(
      "{} events are yet to be published; kafka.max_outbox is {}", st.waiting, c.max_outbox);
  return fmt::format("{} tasks are open; kafka.max_open_jobs is {}", st.open_jobs, c.max_open_jobs);
}

void show(kafka_bridge_pointer self) {
  auto& st = self->state;
  std::string problem;
  bool is_up = true, was_up = st.is_up;
  std::vector<consumed_topic> topics;
  for (const auto& x : st.readers) {
    auto now = x.loop->state();
    is_up = is_up && now.is_connected;
    if (auto why = problem_of(now); !why.empty())
      problem = x.topic + ": " + why;
    topics.push_back(
      {x.topic, x.group, now.partitions, now.lag, x.accepted, x.repeated, x.rejected});
    metrics::gauge_of("aops_kafka_lag",
                      "Messages of this node's partitions that have yet to be taken.",
                      {{"topic", x.topic}})
      .set(static_cast<double>(now.lag));
  }
  st.services->standing->update([&](kafka_status& now) {
    now.state = is_up ? "up" : "connecting";
    now.problem = problem;
    now.waits_for = waits_for(st);
    now.topics = std::move(topics);
    now.open_jobs = st.open_jobs;
  });
  if (std::exchange(st.is_up, is_up) && !is_up)
    log::warn("kafka-unreachable", "messages wait in their topics: {}", problem);
  else if (is_up && !was_up)
    log::info("kafka-connected", "messages are read");
  if (!is_up)
    st.services->health->impaired("kafka", problem);
  else
    st.services->health->recovered("kafka");
}

void hold(kafka_bridge_pointer self) {
  auto& st = self->state;
  auto most = st.services->config->kafka.max_open_jobs;
  bool are_jobs_too_many =
    st.is_holding ? st.open_jobs * of_shares > most * low_share : st.open_jobs >= most;
  // What cannot be used is an event, too, and is never dropped: it must not pile up.
  st.is_holding = are_jobs_too_many || are_events_too_many(st);
  for (auto& x : st.readers)
    x.loop->hold(st.is_holding);
}

// -- events that are too many

void trimmed(kafka_bridge_pointer self, const outbox_trimmed& what);

void trim(kafka_bridge_pointer self) {
  auto& st = self->state;
  const auto& services = *st.services;
  if (st.is_trimming)
    return;
  st.is_trimming = true;
  auto then = [self](const expected<outbox_trimmed>& done) {
    self->state.is_trimming = false;
    if (done)
      trimmed(self, *done);
    else if (done.error() != ec::fenced)
      log::warn("events-not-dropped",
                "too many events wait, and none is dropped: {}",
                to_string(done.error()));
  };
  ask<full_kafka_store_actor>(self,
                              *services.names,
                              kafka_store_name,
                              services.config->store.request_timeout.chrono() + grace,
                              then,
                              outbox_to_trim{});
}

void trimmed(kafka_bridge_pointer self, const outbox_trimmed& what) {
  auto& st = self->state;
  st.waiting -= what.dropped;
  if (what.dropped > 0) {
    count_dropped("too_many", what.dropped);
    log::error("events-dropped",
               "{} events are dropped unpublished: more than {} waited",
               what.dropped,
               st.services->config->kafka.max_outbox);
  }
  if (what.is_more)
    trim(self);
}

/// Says so before it happens, too.
void watch_outbox(kafka_bridge_pointer self, const kafka_backlog& found, bool was_thorough) {
  auto& st = self->state;
  const auto& services = *st.services;
  auto most = services.config->kafka.max_outbox;
  // A quick count says of many that they are many.
  if (was_thorough || found.waiting < counted_quickly)
    st.waiting = found.waiting;
  else
    st.waiting = std::max(st.waiting, found.waiting);
  if (!services.is_publisher() || st.waiting * of_shares <= most * low_share)
    services.health->recovered("kafka outbox");
  else
    services.health->impaired(
      "kafka outbox",
      fmt::format("{} events wait, and the oldest of more than {} are dropped", st.waiting, most));
  if (services.is_publisher() && st.waiting > most)
    trim(self);
}

// -- looking

void look(kafka_bridge_pointer self) {
  auto& st = self->state;
  const auto& services = *st.services;
  bool is_thorough = st.looks++ % looks_of_a_count == 0;
  auto then = [self, is_thorough](const expected<kafka_backlog>& found) {
    auto& st = self->state;
    if (found) {
      st.open_jobs = found->open_jobs;
      watch_outbox(self, *found, is_thorough);
      st.services->standing->update([&](kafka_status& now) {
        now.waiting = st.waiting;
        now.dropped = found->lost;
      });
      static auto waiting =
        metrics::gauge_of("aops_kafka_outbox_events", "Events that have yet to be published.");
      waiting.set(static_cast<double>(st.waiting));
    }
    hold(self);
    show(self);
  };
  ask<full_kafka_store_actor>(self,
                              *services.names,
                              kafka_store_name,
                              services.config->store.request_timeout.chrono(),
                              then,
                              kafka_backlog_query{is_thorough});
}

void open_readers(kafka_bridge_pointer self) {
  auto& st = self->state;
  const auto& c = *st.services->config;
  auto add = [&](const std::vector<std::string>& topics, request_kind kind) {
    for (const auto& topic : topics) {
      auto hand_on = [names = st.services->names, place = st.readers.size()](message_batch batch) {
        // Unheard when the bridge is about to end: then the messages come again.
        tell<kafka_bridge_actor>(*names, kafka_bridge_name, batch_arrived{place, std::move(batch)});
      };
      auto group = mq::group_of(c, topic);
      reader x{topic, group, kind, nullptr};
      x.loop = std::make_unique<consumer_loop>(
        st.services->queue, c, std::vector{topic}, group, std::move(hand_on));
      if (auto started = x.loop->start(); !started)
        throw std::runtime_error(to_string(started.error())); // A failed start, for the supervisor.
      st.readers.push_back(std::move(x));
    }
  };
  add(c.kafka.check_topics, request_kind::check);
  add(c.kafka.diag_topics, request_kind::diagnosis);
}

} // namespace

kafka_bridge_actor::behavior_type kafka_bridge(kafka_bridge_pointer self,
                                               kafka_services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  open_readers(self);
  self->send(self, atom::tick_v);
  return {
    [self](const batch_arrived& x) { take(self, x); },
    [self](const jobs_are_there&) {
      self->state.is_telling = false;
      note_jobs(self, {}, 0);
    },
    [self](atom::tick) {
      self->delayed_send(self, look_at_brokers_every, atom::tick_v);
      look(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
