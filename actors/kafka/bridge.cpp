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

#include <stdexcept>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds try_again_after{1};
constexpr std::chrono::milliseconds tell_every{500};
constexpr std::chrono::seconds grace{2}; ///< Beyond the store's own deadline.

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

/// At once when nothing came lately: somebody waits for the first report. In a flood a few times a
/// second: each time the region reads its queue.
void note_jobs(kafka_bridge_pointer self, std::vector<std::string> ids) {
  auto& st = self->state;
  for (auto& id : ids) {
    auto slot = schedule::slot_of(id);
    st.new_jobs.emplace(slot, std::move(id));
  }
  if (st.new_jobs.empty() || std::exchange(st.is_telling, true))
    return;
  tell_regions(self);
  self->delayed_send(self, tell_every, jobs_are_there{});
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
  if (!std::exchange(st.trouble, {}).empty())
    log::info("messages-taken", "messages are stored again");
  note_jobs(self, std::move(what.new_jobs));
}

void take(kafka_bridge_pointer self, const batch_arrived& x) {
  const auto& services = *self->state.services;
  auto then = [self, x](expected<messages_taken> how) {
    if (how)
      return taken(self, x, std::move(*how));
    auto& trouble = self->state.trouble;
    if (trouble.empty())
      log::warn("messages-not-taken",
                "messages of {} wait and are tried again: {}",
                self->state.readers[x.loop].topic,
                to_string(how.error()));
    trouble = to_string(how.error());
    self->delayed_send(self, try_again_after, x);
  };
  ask<full_kafka_store_actor>(self,
                              *services.names,
                              kafka_store_name,
                              services.config->store.request_timeout.chrono() + grace,
                              then,
                              messages_to_take{x.batch.messages, self->state.readers[x.loop].kind});
}

// -- looking

std::string problem_of(const mq::standing& x) {
  return x.is_connected ? std::string{} : x.problem.empty() ? "connecting" : x.problem;
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
      problem = why;
    topics.push_back(
      {x.topic, x.group, now.partitions, now.lag, x.accepted, x.repeated, x.rejected});
    metrics::gauge_of("aops_kafka_lag",
                      "Messages of this node's partitions that have yet to be taken.",
                      {{"topic", x.topic}})
      .set(static_cast<double>(now.lag));
  }
  std::string waits;
  if (!st.trouble.empty())
    waits = "the store: " + st.trouble;
  else if (st.is_holding)
    waits = std::to_string(st.open_jobs) + " tasks are open; kafka.max_open_jobs is " +
            std::to_string(st.services->config->kafka.max_open_jobs);
  st.services->standing->update([&](kafka_status& now) {
    now.state = is_up ? "up" : "connecting";
    now.problem = problem;
    now.waits_for = waits;
    now.topics = std::move(topics);
    now.open_jobs = st.open_jobs;
  });
  if (std::exchange(st.is_up, is_up) && !is_up)
    log::warn("kafka-unreachable", "messages wait until brokers answer: {}", problem);
  else if (is_up && !was_up)
    log::info("kafka-connected", "brokers answer");
  if (!is_up)
    st.services->health->impaired("kafka", problem);
  else
    st.services->health->recovered("kafka");
}

void hold(kafka_bridge_pointer self) {
  auto& st = self->state;
  auto most = st.services->config->kafka.max_open_jobs;
  st.is_holding =
    st.is_holding ? st.open_jobs * of_shares > most * low_share : st.open_jobs >= most;
  for (auto& x : st.readers)
    x.loop->hold(st.is_holding);
}

void look(kafka_bridge_pointer self) {
  const auto& services = *self->state.services;
  auto then = [self](const expected<kafka_backlog>& found) {
    auto& st = self->state;
    if (found) {
      st.open_jobs = found->open_jobs;
      st.services->standing->update([&](kafka_status& now) { now.waiting = found->waiting; });
      static auto waiting =
        metrics::gauge_of("aops_kafka_outbox_events", "Events that have yet to be published.");
      waiting.set(static_cast<double>(found->waiting));
    }
    hold(self);
    show(self);
  };
  ask<full_kafka_store_actor>(self,
                              *services.names,
                              kafka_store_name,
                              services.config->store.request_timeout.chrono(),
                              then,
                              kafka_backlog_query{});
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
      note_jobs(self, {});
    },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
