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
using self_pointer = full_kafka_store_actor::stateful_pointer<checked_state<kafka_store_state>>;

/// Events of one transaction of the queue.
constexpr int64_t most_events = 2000;

// -- messages

/// One record for each user: what came of a batch for him.
expected<void> note(storage::database& db,
                    const planned_batch& batch,
                    const std::vector<storage::job_of_many>& made,
                    int64_t now_ms) {
  std::map<std::pair<std::string_view, std::string_view>, std::vector<size_t>> by_user;
  for (size_t i = 0; i < made.size(); ++i)
    if (!made[i].existed)
      by_user[{batch.jobs[i].job.user, batch.sources[i]->topic}].push_back(i);
  return storage::for_each(by_user, [&](const auto& entry) {
    std::vector<std::string> ids;
    for (auto i : entry.second)
      ids.push_back(made[i].id);
    const auto& first = batch.jobs[entry.second.front()].job;
    caller who{first.user, first.owner, rights::ordinary, false, {}, {}};
    who.address = fmt::format("kafka:{}", entry.first.second).substr(0, 64);
    return audit(db, now_ms, who, first.kind.text + ".execute", listed(ids));
  });
}

/// In a transaction.
expected<messages_taken>
take(storage::database& db, const planned_batch& batch, const store_access& store, int64_t now_ms) {
  auto made = storage::job_repository{db}.create_many(batch.jobs);
  if (!made)
    return fail(std::move(made.error()));
  messages_taken out;
  auto dead = batch.dead;
  std::map<uint16_t, std::string> by_slot;
  auto most = static_cast<size_t>(store.config->kafka.max_message.bytes);
  for (size_t i = 0; i < made->size(); ++i) {
    const auto& x = (*made)[i];
    if (x.is_taken) {
      dead.push_back(dead_letter_of(
        *batch.sources[i], "not_valid", "task_id: another owner's task has it", now_ms, most));
      dead.back().owner = batch.jobs[i].job.owner;
    } else if (x.existed) {
      ++out.repeated;
    } else {
      ++out.accepted;
      by_slot.emplace(batch.jobs[i].job.slot, x.id);
    }
  }
  auto added = dead_message_repository{db}.add(dead, store.config->kafka.dlq_suffix);
  if (!added)
    return fail(std::move(added.error()));
  out.rejected = *added;
  out.repeated += static_cast<int64_t>(dead.size()) - *added;
  if (auto noted = note(db, batch, *made, now_ms); !noted)
    return fail(std::move(noted.error()));
  for (auto& [slot, id] : by_slot)
    out.new_jobs.push_back(std::move(id));
  return out;
}

caf::result<messages_taken> take(self_pointer self, const messages_to_take& x) {
  auto store = self->state.store;
  foreign_promise<messages_taken> promise{self};
  return on_pool(store, *store->readers, promise, [store, promise, x] {
    auto db = store->pool->read();
    if (!db)
      return promise.fail(std::move(db.error()));
    auto planned = plan_requests(**db, *store, *x.messages, x.kind);
    if (!planned)
      return promise.fail(std::move(planned.error()));
    auto batch = std::make_shared<const planned_batch>(std::move(*planned));
    write(
      *store,
      store->bounded(promise.ticket()),
      {}, // Any node may store jobs.
      [store, batch, messages = x.messages, now = store->now_ms()](storage::database& to) {
        return take(to, *batch, *store, now);
      },
      [promise](expected<messages_taken> how) { promise.answer(std::move(how)); },
      2 * x.messages->size());
  });
}

expected<kafka_backlog> backlog(storage::database& db, const base::config& c) {
  kafka_backlog out;
  auto open = db.count(
    "select count(*) from (select n from job where state in ('pending', 'running') limit ?) x",
    c.kafka.max_open_jobs + 1);
  if (!open)
    return fail(std::move(open.error()));
  out.open_jobs = *open;
  return outbox_repository{db}.waiting(c.kafka.max_outbox + 1).map([&](int64_t n) {
    out.waiting = n;
    return out;
  });
}

// -- events

/// In a transaction of the leader.
expected<outbox_batches>
step(storage::database& db, const outbox_step& x, const std::string& batch, int64_t most_waiting) {
  outbox_repository outbox{db};
  outbox_batches out;
  if (x.must_trim) {
    auto dropped = outbox.trim(most_waiting);
    if (!dropped)
      return fail(std::move(dropped.error()));
    out.dropped = *dropped;
  }
  auto done = storage::in_order(
    [&] { return x.published.empty() ? expected<int64_t>{0} : outbox.published(x.published); },
    [&] { return outbox.forget(x.unusable); },
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
caf::result<outbox_batches> step(self_pointer self, const outbox_step& x) {
  auto store = self->state.store;
  foreign_promise<outbox_batches> promise{self, {urgency::live, {}, {}}};
  return on_pool(store, *store->readers, promise, [store, promise, x] {
    if (x.published.empty() && x.unusable.empty()) {
      auto db = store->pool->read();
      if (!db)
        return promise.fail(std::move(db.error()));
      auto waiting = outbox_repository{**db}.waiting(1);
      if (!waiting || *waiting == 0)
        return promise.answer(waiting.map([](int64_t) { return outbox_batches{}; }));
    }
    storage::fences held;
    auto epoch = store->leader_epoch();
    if (!epoch)
      return promise.fail(ec::fenced, "the leader publishes");
    if (*epoch > 0)
      held.leader_epoch = *epoch;
    write(
      *store,
      store->bounded(promise.ticket()),
      held,
      [x, batch = base::random_hex(16), most = store->config->kafka.max_outbox](
        storage::database& db) { return step(db, x, batch, most); },
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
change(self_pointer self, const caller& who, const char* action, Change work) {
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

full_kafka_store_actor::behavior_type
kafka_store(self_pointer self, store_ptr store, std::shared_ptr<kafka_standing> standing) {
  prepare(self);
  self->state.store = std::move(store);
  self->state.standing = std::move(standing);
  return {
    [self](const messages_to_take& x) { return take(self, x); },
    [self](const kafka_backlog_query&) -> caf::result<kafka_backlog> {
      const auto& store = self->state.store;
      return read(store,
                  foreign_promise<kafka_backlog>{self, {urgency::jobs, {}, {}}},
                  [c = store->config](storage::database& db) { return backlog(db, *c); });
    },
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
