#include "actors/tracing/tracing_turns.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// Requests about hosts that may wait for their turn; and looks by time.
constexpr size_t most_waiting = 256;

} // namespace

void go_on(const full_tracing_actor& me, std::function<void()> what) {
  caf::anon_send(me, tracing_step{std::make_shared<const std::function<void()>>(std::move(what))});
}

full_tracing_actor handle_of(tracing_pointer self) {
  return caf::actor_cast<full_tracing_actor>(self);
}

bool is_awaited(const store_access& store, const base::ticket& how) {
  return store.time->steady_ms() < how.due_ms;
}

error no_more_awaited() { return {ec::timed_out, "nobody waits any more"}; }

bool has_room(const tracing_state& st) {
  return st.looking < static_cast<size_t>(st.store->config->tracing.parallel);
}

void take_turn(tracing_pointer self,
               base::ticket how,
               std::function<void(expected<void> turn)> begin) {
  auto& st = self->state;
  if (has_room(st)) {
    ++st.looking;
    return begin({});
  }
  auto& line = how.what == base::urgency::history ? st.by_time : st.waiting;
  if (line.size() >= most_waiting)
    return begin(fail(ec::overloaded, "too many domains are looked at"));
  line.push_back({std::move(how), std::move(begin)});
}

void end_turn(tracing_pointer self) {
  auto& st = self->state;
  --st.looking;
  while (has_room(st)) {
    auto& line = st.waiting.empty() ? st.by_time : st.waiting;
    if (line.empty())
      return;
    auto next = std::move(line.front());
    line.pop_front();
    if (!is_awaited(*st.store, next.how)) {
      next.begin(fail(no_more_awaited()));
      continue;
    }
    ++st.looking;
    next.begin({});
  }
}

void in_turn(tracing_pointer self,
             const base::ticket& how,
             const caller& who,
             part_of_domain what,
             std::function<void(expected<plan_ptr>)> nothing,
             std::function<void(plan_ptr)> begin) {
  auto take = [self, nothing, begin](expected<std::optional<trace_plan>> plan) {
    bool is_something = plan && *plan && !(*plan)->hosts.empty() && !(*plan)->items.empty();
    if (!is_something)
      end_turn(self);
    if (!plan)
      return nothing(fail(std::move(plan.error())));
    auto kept = *plan ? std::make_shared<const trace_plan>(std::move(**plan)) : plan_ptr{};
    return is_something ? begin(std::move(kept)) : nothing(std::move(kept));
  };
  take_turn(self, how, [self, how, who, what, nothing, take](expected<void> turn) {
    if (!turn)
      return nothing(fail(std::move(turn.error())));
    read_then(
      self,
      how,
      [who, what](storage::database& db) {
        return plan_of(db, who, what.domain, what.hosts, what.files);
      },
      take);
  });
}

} // namespace aops::actors
