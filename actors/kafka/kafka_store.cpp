#include "actors/kafka/kafka_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <caf/all.hpp>

#include <map>

namespace aops::actors {

namespace {

using base::urgency;
using storage::dead_message_repository;
using storage::outbox_repository;
using full_kafka_store_self =
  full_kafka_store_actor::stateful_pointer<checked_state<kafka_store_state>>;

/// Events of one transaction of the queue.
constexpr int64_t most_events = 2000;

// -- messages

/// The jobs of a batch that are to be made.
struct live_part {
  std::vector<const job_to_create*> jobs;
  std::vector<const mq::message*> sources; ///< Of each.
};

/// One record for each user: what came of a batch for him.
expected<void> note(storage::database& db,
                    const live_part& live,
                    const std::vector<storage::job_of_many>& made,
                    int64_t now_ms) {
  std::map<std::pair<std::string_view, std::string_view>, std::vector<size_t>> by_user;
  for (size_t i = 0; i < made.size(); ++i)
    if (!made[i].existed)
      by_user[{live.jobs[i]->job.user, live.sources[i]->topic}].push_back(i);
  return storage::for_each(by_user, [&](const auto& entry) {
    std::vector<std::string> ids;
    ids.reserve(entry.second.size());
    for (auto i : entry.second)
      ids.push_back(made[i].id);
    const auto& first = live.jobs[entry.second.front()]->job;
    caller who{first.user, first.owner, rights::ordinary, false, {}, {}};
    who.address = fmt::format("kafka:{}", entry.first.second).substr(0, 64);
    return audit(db, now_ms, who, first.kind.text + ".execute", listed(ids));
  });
}

/// Without the messages that came before and were put aside then: with what is there by now they
/// might be jobs, too.
expected<live_part> without_dead(storage::database& db, const planned_batch& all) {
  auto known = dead_message_repository{db}.known(all.dead_ids);
  if (!known)
    return fail(std::move(known.error()));
  live_part out;
  out.jobs.reserve(all.jobs.size());
  out.sources.reserve(all.jobs.size());
  for (size_t i = 0; i < all.jobs.size(); ++i)
    if (known->empty() || !known->contains(all.dead_ids[i])) {
      out.jobs.push_back(&all.jobs[i]);
      out.sources.push_back(all.sources[i]);
    }
  return out;
}

/// Without dead letters of messages that came before and are jobs already: what they name is gone
/// since.
expected<std::vector<storage::dead_letter>> without_jobs(storage::database& db,
                                                         const planned_batch& all) {
  std::vector<storage::dead_letter> out;
  if (all.dead.empty())
    return out;
  std::vector<std::string> ids;
  for (const auto& id : all.dead_jobs)
    if (!id.empty())
      ids.push_back(id);
  auto owners = storage::job_repository{db}.owners(ids);
  if (!owners)
    return fail(std::move(owners.error()));
  for (size_t i = 0; i < all.dead.size(); ++i) {
    auto job = owners->find(all.dead_jobs[i]);
    const auto& owner = all.dead[i].owner;
    if (job == owners->end() || (!owner.empty() && owner != job->second))
      out.push_back(all.dead[i]);
  }
  return out;
}

/// In a transaction.
expected<messages_taken>
take(storage::database& db, const planned_batch& all, const store_access& store, int64_t now_ms) {
  auto total = static_cast<int64_t>(all.jobs.size() + all.dead.size());
  auto live = without_dead(db, all);
  if (!live)
    return fail(std::move(live.error()));
  auto made = storage::job_repository{db}.create_all(live->jobs);
  if (!made)
    return fail(std::move(made.error()));
  auto dead = without_jobs(db, all);
  if (!dead)
    return fail(std::move(dead.error()));
  messages_taken out;
  std::map<uint16_t, std::string> by_slot;
  auto most = static_cast<size_t>(store.config->kafka.max_message.bytes);
  for (size_t i = 0; i < made->size(); ++i) {
    const auto& x = (*made)[i];
    const auto& job = live->jobs[i]->job;
    if (x.is_taken) {
      dead->push_back(dead_letter_of(
        *live->sources[i], "not_valid", "task_id: another owner's task has it", now_ms, most));
      dead->back().owner = job.owner;
    } else if (!x.existed) {
      ++out.accepted;
      by_slot.emplace(job.slot, x.id);
    }
  }
  auto added = dead_message_repository{db}.add(*dead, store.config->kafka.dlq_suffix);
  if (!added)
    return fail(std::move(added.error()));
  out.rejected = *added;
  out.repeated = total - out.accepted - out.rejected;
  if (auto noted = note(db, *live, *made, now_ms); !noted)
    return fail(std::move(noted.error()));
  for (auto& [slot, id] : by_slot)
    out.new_jobs.push_back(std::move(id));
  return out;
}

// -- one by one

/// Messages that were planned alone; of one that could not be, why.
using planned_alone = std::vector<expected<planned_batch>>;

/// What the store refuses is put aside: enough of it to see what it was.
expected<messages_taken> put_aside(storage::database& db,
                                   const mq::message& m,
                                   const error& why,
                                   const store_access& store,
                                   int64_t now_ms) {
  auto letter =
    dead_letter_of(m, "not_valid", "the store refuses it: " + to_string(why), now_ms, 0);
  auto added = dead_message_repository{db}.add({letter}, store.config->kafka.dlq_suffix);
  if (!added)
    return fail(std::move(added.error()));
  return messages_taken{0, 1 - *added, *added, {}};
}

/// In a transaction: each message under a savepoint of its own.
expected<messages_taken> take_alone(storage::database& db,
                                    const std::vector<mq::message>& messages,
                                    const planned_alone& planned,
                                    const store_access& store,
                                    int64_t now_ms) {
  constexpr int depth = 1; // The writer's is 0.
  messages_taken out;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (auto saved = db.savepoint(depth); !saved)
      return fail(std::move(saved.error()));
    expected<messages_taken> one;
    for (int attempt = 0; attempt < 2; ++attempt) {
      one = planned[i] ? take(db, *planned[i], store, now_ms)
                       : expected<messages_taken>{fail(planned[i].error())};
      if (one || one.error() != ec::conflict)
        break;
      db.rollback_to(depth); // Another node was faster: now it is seen.
      if (auto saved = db.savepoint(depth); !saved)
        return fail(std::move(saved.error()));
    }
    if (!one) {
      if (!is_refusal(one.error()) || !db.in_transaction())
        return one;
      db.rollback_to(depth);
      auto why = one.error();
      one = put_aside(db, messages[i], why, store, now_ms);
    } else if (auto released = db.release(depth); !released) {
      return fail(std::move(released.error()));
    }
    if (!one)
      return one;
    out.accepted += one->accepted;
    out.repeated += one->repeated;
    out.rejected += one->rejected;
    out.new_jobs.insert(out.new_jobs.end(), one->new_jobs.begin(), one->new_jobs.end());
  }
  return out;
}

/// Fails only when the store is away.
expected<planned_alone> plan_alone(storage::database& db,
                                   const store_access& store,
                                   const std::vector<mq::message>& messages,
                                   request_kind kind) {
  planned_alone out;
  for (const auto& m : messages) {
    // Refers to its message: to the one that stays.
    auto planned = plan_requests(db, store, std::span{&m, 1}, kind);
    if (!planned && !is_refusal(planned.error()))
      return fail(std::move(planned.error()));
    out.push_back(std::move(planned));
  }
  return out;
}

/// Has `work(database&)` store messages, and answers what came of them.
template <class Work>
void store_messages(const store_ptr& store,
                    const foreign_promise<messages_taken>& promise,
                    size_t messages,
                    Work work) {
  write(
    *store,
    store->bounded(promise.ticket()),
    {}, // Any node may store jobs.
    std::move(work),
    [promise](expected<messages_taken> how) { promise.answer(std::move(how)); },
    2 * messages);
}

caf::result<messages_taken> take(full_kafka_store_self self, const messages_to_take& x) {
  auto store = self->state.store;
  foreign_promise<messages_taken> promise{self};
  return on_pool(store, *store->readers, promise, [store, promise, x] {
    auto db = store->pool->read();
    if (!db)
      return promise.fail(std::move(db.error()));
    auto now = store->now_ms();
    if (x.is_one_by_one) {
      auto planned = plan_alone(**db, *store, *x.messages, x.kind);
      if (!planned)
        return promise.fail(std::move(planned.error()));
      auto all = std::make_shared<const planned_alone>(std::move(*planned));
      return store_messages(
        store, promise, x.messages->size(), [=, messages = x.messages](storage::database& to) {
          return take_alone(to, *messages, *all, *store, now);
        });
    }
    auto planned = plan_requests(**db, *store, *x.messages, x.kind);
    if (!planned)
      return promise.fail(std::move(planned.error()));
    auto batch = std::make_shared<const planned_batch>(std::move(*planned));
    store_messages(
      store, promise, x.messages->size(), [=, messages = x.messages](storage::database& to) {
        return take(to, *batch, *store, now);
      });
  });
}

expected<kafka_backlog>
backlog(storage::database& db, const base::config& c, const kafka_backlog_query& q) {
  auto open = storage::job_repository{db}.count_open(c.kafka.max_open_jobs + 1);
  if (!open)
    return fail(std::move(open.error()));
  outbox_repository outbox{db};
  auto waiting = outbox.waiting(
    q.is_thorough ? c.kafka.max_outbox + outbox_repository::trimmed_at_once : counted_quickly);
  if (!waiting)
    return fail(std::move(waiting.error()));
  return outbox.lost().map([&](int64_t lost) { return kafka_backlog{*open, *waiting, lost}; });
}

// -- events

/// What only the leader may write.
expected<storage::fences> leaders(const store_access& store) {
  auto epoch = store.leader_epoch();
  if (!epoch)
    return fail(ec::fenced, "the leader publishes");
  storage::fences held;
  if (*epoch > 0)
    held.leader_epoch = *epoch;
  return held;
}

caf::result<outbox_trimmed> trim(full_kafka_store_self self) {
  auto store = self->state.store;
  foreign_promise<outbox_trimmed> promise{self, {urgency::live, {}, {}}};
  auto held = leaders(*store);
  if (!held) {
    promise.fail(std::move(held.error()));
    return promise;
  }
  return write_for(
    store,
    promise,
    *held,
    [store, now = store->now_ms()](storage::database& db) -> expected<outbox_trimmed> {
      const auto& c = *store->config;
      return outbox_repository{db}
        .trim(c.kafka.max_outbox, storage::event_topics_of(c), now)
        .map([](int64_t n) {
          return outbox_trimmed{n, n == outbox_repository::trimmed_at_once};
        });
    },
    static_cast<size_t>(outbox_repository::trimmed_at_once));
}

/// In a transaction of the leader.
expected<outbox_batches>
step(storage::database& db, const outbox_step& x, const std::string& batch, int64_t now_ms) {
  outbox_repository outbox{db};
  outbox_batches out;
  auto done = storage::in_order(
    [&] { return x.published.empty() ? expected<int64_t>{0} : outbox.published(x.published); },
    [&] { return outbox.refused(x.unusable, now_ms); },
    [&] { return outbox.shorten(x.too_long); },
    [&] { return x.is_first ? expected<int64_t>{0} : outbox.claim(batch, most_events); });
  if (!done)
    return fail(std::move(done.error()));
  auto events = outbox.claimed();
  if (!events)
    return fail(std::move(events.error()));
  out.events = std::move(*events);
  return out;
}

/// Looks first: mostly nothing waits, and nothing need be written.
caf::result<outbox_batches> step(full_kafka_store_self self, const outbox_step& x) {
  auto store = self->state.store;
  foreign_promise<outbox_batches> promise{self, {urgency::live, {}, {}}};
  return on_pool(store, *store->readers, promise, [store, promise, x] {
    if (x.published.empty() && x.unusable.empty() && x.too_long.empty()) {
      auto db = store->pool->read();
      if (!db)
        return promise.fail(std::move(db.error()));
      auto waiting = outbox_repository{**db}.waiting(1);
      if (!waiting || *waiting == 0)
        return promise.answer(waiting.map([](int64_t) { return outbox_batches{}; }));
    }
    auto held = leaders(*store);
    if (!held)
      return promise.fail(std::move(held.error()));
    write(
      *store,
      store->bounded(promise.ticket()),
      *held,
      [x, batch = base::random_hex(16), now = store->now_ms()](storage::database& db) {
        return step(db, x, batch, now);
      },
      [promise](expected<outbox_batches> how) { promise.answer(std::move(how)); },
      static_cast<size_t>(most_events));
  });
}

// -- what users ask

bool is_shown_as_text(const std::string& bytes) {
  base::json text = bytes;
  using handler = base::json::error_handler_t;
  return bytes.find('\0') == bytes.npos &&
         text.dump(-1, ' ', false, handler::ignore) == text.dump(-1, ' ', false, handler::replace);
}

dead_shown shown(storage::dead_letter x) {
  dead_shown out;
  auto headers = storage::read_headers(x.headers);
  bool is_text = is_shown_as_text(x.key.value_or("")) && is_shown_as_text(x.value.value_or(""));
  for (const auto& [name, value] : headers)
    is_text = is_text && is_shown_as_text(name) && is_shown_as_text(value);
  auto show = [&](std::string bytes) { return is_text ? bytes : base::to_base64(bytes); };
  out.encoding = is_text ? "text" : "base64";
  out.message = std::move(x.about);
  if (x.key)
    out.key.emplace(show(*x.key));
  if (x.value)
    out.value.emplace(show(*x.value));
  for (const auto& [name, value] : headers)
    out.headers[show(name)] = show(value);
  return out;
}

/// A change of dead letters, with its record.
template <class Change>
caf::result<dead_changed>
change(full_kafka_store_self self, const caller& who, const char* action, Change work) {
  auto store = self->state.store;
  return write_for(
    store,
    foreign_promise<dead_changed>{self, of(who)},
    {},
    [who, action, work, now = store->now_ms()](storage::database& db) -> expected<dead_changed> {
      dead_message_repository letters{db};
      auto out = work(letters);
      if (!out)
        return out;
      if (auto noted = audit(db, now, who, action, listed(out->changed), out->code); !noted)
        return fail(std::move(noted.error()));
      return out;
    });
}

} // namespace

bool is_refusal(const error& why) {
  switch (why.code) {
  case ec::bad_request:
  case ec::not_found:
  case ec::insert_failed:
  case ec::update_failed:
  case ec::delete_failed:
  case ec::query_failed:
  case ec::conflict:
  case ec::has_dependency:
  case ec::corrupt:
  case ec::internal:
    return true;
  default:
    return false;
  }
}

full_kafka_store_actor::behavior_type
kafka_store(full_kafka_store_self self, store_ptr store, std::shared_ptr<kafka_standing> standing) {
  prepare(self);
  self->state.store = std::move(store);
  self->state.standing = std::move(standing);
  return {
    [self](const messages_to_take& x) { return take(self, x); },
    [self](const kafka_backlog_query& q) -> caf::result<kafka_backlog> {
      const auto& store = self->state.store;
      return read(store,
                  foreign_promise<kafka_backlog>{self, {urgency::jobs, {}, {}}},
                  [q, c = store->config](storage::database& db) { return backlog(db, *c, q); });
    },
    [self](const outbox_to_trim&) { return trim(self); },
    [self](const outbox_step& x) { return step(self, x); },
    [self](const caller&, const kafka_query&) { return self->state.standing->get(); },
    [self](const caller& who, const dead_query& q) -> caf::result<dead_page> {
      return read(self->state.store,
                  foreign_promise<dead_page>{self, of(who)},
                  [owner = who.owner, q](storage::database& db) {
                    return dead_message_repository{db}.page(owner, q);
                  });
    },
    [self](const caller& who, const dead_to_show& x) -> caf::result<dead_shown> {
      return read(self->state.store,
                  foreign_promise<dead_shown>{self, of(who)},
                  [owner = who.owner, x](storage::database& db) {
                    return dead_message_repository{db}.find(owner, x.id).map(shown);
                  });
    },
    [self](const caller& who, const dead_to_replay& x) {
      return change(
        self, who, "kafka.replay", [owner = who.owner, x](dead_message_repository& letters) {
          return letters.replay(owner, x.id_list);
        });
    },
    [self](const caller& who, const dead_to_drop& x) {
      return change(
        self, who, "kafka.drop", [owner = who.owner, x](dead_message_repository& letters) {
          return letters.drop(owner, x.id_list);
        });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
