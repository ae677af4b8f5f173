#pragma once

#include "actors/tracing/tracing.hpp"

/// How what asks hosts takes its turn.
namespace aops::actors {

/// Has something done by the actor, from any thread.
void go_on(const full_tracing_actor& me, std::function<void()> what);

full_tracing_actor handle_of(tracing_pointer self);

/// Runs `work(database&)` on a reading connection and `then(expected<T>)` in the actor.
template <class Work, class Then>
void read_then(tracing_pointer self, const base::ticket& how, Work work, Then then) {
  using outcome = std::invoke_result_t<Work&, storage::database&>;
  auto store = self->state.store;
  auto to = handle_of(self);
  auto tell = [to, then](outcome x) {
    auto kept = std::make_shared<outcome>(std::move(x));
    go_on(to, [then, kept] { then(std::move(*kept)); });
  };
  store->readers->queue(store->bounded(how), [store, work, tell](expected<void> turn) mutable {
    if (!turn)
      return tell(outcome{fail(std::move(turn.error()))});
    auto db = store->pool->read();
    tell(db ? work(**db) : outcome{fail(std::move(db.error()))});
  });
}

/// Whether somebody waits for the answer, or nobody ever did.
bool is_awaited(const store_access& store, const base::ticket& how);
error no_more_awaited();

/// Whether a turn would begin at once.
bool has_room(const tracing_state& st);

/// Begins what asks hosts when there is room, else later: looks by time (urgency::history) when no
/// one else waits. `begin` gets ec::overloaded when too much waits, ec::timed_out when its answer
/// was awaited no more as its turn came.
void take_turn(tracing_pointer self,
               base::ticket how,
               std::function<void(expected<void> turn)> begin);

/// Others begin.
void end_turn(tracing_pointer self);

using plan_ptr = std::shared_ptr<const trace_plan>;

/// What of a domain a request is about. Absent: all.
struct part_of_domain {
  std::string domain;
  maybe<std::vector<named_host>> hosts;
  maybe<std::vector<named_file>> files;
};

/// Reads the plan of a request once its turn has come: what is expected when it asks may be
/// another text by then.
/// @param nothing Gets why there is nothing to do: an error, null when there is no such domain, a
/// plan without hosts or files. The turn is over then.
/// @param begin Gets the plan, and ends the turn.
void in_turn(tracing_pointer self,
             const base::ticket& how,
             const caller& who,
             part_of_domain what,
             std::function<void(expected<plan_ptr>)> nothing,
             std::function<void(plan_ptr)> begin);

/// What keeps a request from being carried out, as the code the contract has for it; the caller's
/// own faults stay what they are.
template <class Reply>
void fail_by(const foreign_promise<Reply>& promise, error why, int64_t refused_code) {
  if (why == ec::vault_key || why == ec::permission_denied || why == ec::overloaded ||
      why == ec::store_unreachable || why == ec::timed_out)
    return promise.fail(std::move(why));
  Reply reply;
  reply.code = refused_code;
  reply.text = "hosts could not be read: " + to_string(why);
  promise.answer(std::move(reply));
}

} // namespace aops::actors
