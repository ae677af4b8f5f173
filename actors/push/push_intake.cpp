#include "actors/push/push_intake.hpp"

#include "actors/support/ask.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <array>

namespace aops::actors {

namespace {

constexpr size_t push_threads = 1, push_queue = 512;

/// Of requests as they came; unpacked they are a few times as long.
constexpr int64_t most_pushed_bytes = 64 << 20;

push::write_limits limits_of_writes(const base::config& c) {
  push::write_limits x;
  x.most_bytes = static_cast<size_t>(c.remote_write.max_bytes.bytes);
  x.most_samples = static_cast<size_t>(c.remote_write.max_samples);
  return x;
}

// -- figures

void count_pushed(const char* outcome, int64_t samples) {
  if (samples > 0)
    metrics::counter_of("aops_pushed_samples_total",
                        "Samples that senders pushed, by what became of them.",
                        {{"outcome", outcome}})
      .add(static_cast<double>(samples));
}

void count_outcome(const write_taken& x) {
  const auto& s = x.samples;
  count_pushed("taken", s.taken);
  count_pushed("duplicate", s.duplicates);
  count_pushed("late", s.late);
  count_pushed("early", s.early);
  count_pushed("unwanted", s.unwanted);
  count_pushed("rival", s.rivals);
  count_pushed("refused", x.refused);
}

// -- reading, on a thread for that

expected<push::write_request> read_body(const store_access& store, std::string_view body) {
  auto limits = limits_of_writes(*store.config);
  auto plain = push::unpack_block(body, limits.most_bytes);
  if (!plain)
    return fail(std::move(plain.error()));
  return push::read_write_request(*plain, limits);
}

/// Whose requests are read.
struct write_sender {
  std::string token_hash; ///< Of a host; empty: a caller.
  caller who;
};

expected<split_write>
read_write(const push_intake_parts& parts, const write_sender& from, std::string_view body) {
  if (from.token_hash.empty()) {
    auto request = read_body(*parts.store, body);
    if (!request)
      return fail(std::move(request.error()));
    auto hosts = parts.hosts->of_owner(from.who.owner);
    if (!hosts)
      return fail(std::move(hosts.error()));
    // One that is unknown may have been added a moment ago.
    if (!knows_all(*request, **hosts))
      hosts = parts.hosts->of_owner(from.who.owner, known_hosts::least_ms);
    if (!hosts)
      return fail(std::move(hosts.error()));
    return split_for_caller(std::move(*request), from.who, **hosts);
  }
  auto id = host_of_token(*parts.store, *parts.tokens, from.token_hash);
  if (!id)
    return fail(std::move(id.error()));
  auto host = parts.hosts->find(*id);
  if (!host)
    return fail(std::move(host.error()));
  auto hosts = parts.hosts->of_owner(host->owner);
  if (!hosts)
    return fail(std::move(hosts.error()));
  return read_body(*parts.store, body).map([&](push::write_request x) {
    return split_for_host(std::move(x), *host, **hosts);
  });
}

// -- handing out

/// What hosts say.
struct told_parts {
  size_t awaited = 0;
  write_taken sum;
  std::optional<error> failed; ///< One of them does not take its part now.
};

bool is_final(const error& e) { return e == ec::bad_request || e == ec::not_found; }

void add_up(samples_pushed& to, const samples_pushed& x) {
  to.taken += x.taken;
  to.duplicates += x.duplicates;
  to.late += x.late;
  to.early += x.early;
  to.unwanted += x.unwanted;
  to.rivals += x.rivals;
}

void end_write(const told_parts& told, const foreign_promise<write_taken>& promise) {
  count_outcome(told.sum);
  if (told.failed)
    promise.fail(told.failed->code, told.failed->detail);
  else
    promise.answer(told.sum);
}

void hand_out(push_intake_pointer self, const write_read& x) {
  auto told = std::make_shared<told_parts>();
  told->awaited = x.what->parts.size();
  told->sum.refused = x.what->refused;
  told->sum.causes = x.what->causes;
  if (told->awaited == 0)
    return end_write(*told, x.promise);
  const auto& store = *self->state.parts.store;
  // Less than whoever asks waits for.
  auto deadline = store.config->store.request_timeout.chrono() * 4 / 5;
  for (auto& [id, part] : x.what->parts) {
    int64_t count = 0;
    for (const auto& series : part.series)
      count += static_cast<int64_t>(series.times_ms.size());
    auto then = [told, what = x.what, promise = x.promise, held = x.held, count](
                  expected<samples_pushed> done) {
      if (done) {
        add_up(told->sum.samples, *done);
      } else if (is_final(done.error())) {
        refuse_samples(*what, count, done.error().detail);
        told->sum.refused += count;
        told->sum.causes = what->causes;
      } else if (!told->failed) {
        told->failed = std::move(done.error());
      }
      if (--told->awaited == 0)
        end_write(*told, promise);
    };
    ask_entity<host_push_actor>(
      self, *store.names, id, host_name_of(id), deadline, std::move(then), std::move(part));
  }
}

caf::result<write_taken>
take_write(push_intake_pointer self, write_sender from, const std::string& body) {
  auto& st = self->state;
  const auto& parts = st.parts;
  foreign_promise<write_taken> promise{self};
  if (parts.store->config->samples.source != "scrape") {
    promise.fail(ec::bad_request,
                 "this node reads a Prometheus (samples.source): nothing is pushed");
    return promise;
  }
  auto held = bytes_held::take(st.under_way, static_cast<int64_t>(body.size()), most_pushed_bytes);
  if (!held) {
    promise.fail(ec::overloaded, "too much of what was pushed is not stored yet");
    return promise;
  }
  // Each sender has its turn: one that sends without end holds up none but itself.
  auto turn_of = from.token_hash.empty() ? from.who.owner : from.token_hash;
  auto how = parts.store->bounded({base::urgency::live, turn_of, {}});
  auto me = self->address();
  parts.intake->queue(std::move(how), [=, from = std::move(from)](expected<void> turn) {
    if (!turn)
      return promise.fail(turn.error().code, turn.error().detail);
    auto split = read_write(parts, from, body);
    if (!split)
      return promise.fail(split.error().code, split.error().detail);
    if (auto intake = caf::actor_cast<caf::actor>(me))
      caf::anon_send(intake,
                     write_read{std::make_shared<split_write>(std::move(*split)), promise, held});
  });
  return promise;
}

} // namespace

full_push_intake_actor::behavior_type push_intake(push_intake_pointer self,
                                                  push_intake_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const write_read& x) { hand_out(self, x); },
    [self](const write_to_take& x) {
      return take_write(self, {x.token_hash, {}}, x.body);
    },
    [self](const caller& who, const write_to_take& x) {
      return take_write(self, {{}, who}, x.body);
    },
    [](atom::ping) {},
  };
}

std::shared_ptr<executor> push_intake_threads() {
  return std::make_shared<bounded_pool>(shared_threads("push-read", push_threads, push_queue));
}

} // namespace aops::actors
