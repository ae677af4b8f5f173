#include "actors/tracing/look_under_way.hpp"

#include "messages/roles/remote.hpp"

#include <caf/all.hpp>

namespace aops::actors {

look_under_way::look_under_way(
  tracing_pointer self, caller who, base::ticket how, plan_ptr plan, bool with_contents, on_end end)
    : self_(self), store_(self->state.store), models_(self->state.models), who_(std::move(who)),
      how_(std::move(how)), plan_(std::move(plan)), parts_(parts_of(*plan_)),
      with_contents_(with_contents), end_(std::move(end)) {}

void look_under_way::go() {
  if (next_ == parts_.size())
    return end_(found_);
  if (!is_awaited(*store_, how_))
    return end_(fail(no_more_awaited()));
  auto then = [it = shared_from_this()](expected<configs_collected> reply) {
    it->take(std::move(reply));
  };
  errand with;
  with.what = how_.what;
  ask_for<remote_actor>(std::move(with),
                        self_,
                        *store_->names,
                        remote_name,
                        remote_reading_patience,
                        then,
                        who_,
                        request_of(*plan_, parts_[next_]));
}

void look_under_way::take(expected<configs_collected> reply) {
  if (!reply)
    return end_(fail(std::move(reply.error())));
  auto kept = std::make_shared<configs_collected>(std::move(*reply));
  auto it = shared_from_this();
  read_then(
    self_,
    unawaited(how_.what, who_.owner), // What was read is kept, whoever waits.
    [it, kept](storage::database& db) {
      return judge_part(db,
                        *it->models_,
                        *it->plan_,
                        it->parts_[it->next_],
                        *kept,
                        it->with_contents_,
                        it->store_->now_ms(),
                        *it->found_);
    },
    [it](expected<seen_part> seen) { it->keep(std::move(seen)); });
}

void look_under_way::keep(expected<seen_part> seen) {
  if (!seen)
    return end_(fail(std::move(seen.error())));
  auto it = shared_from_this();
  auto to = handle_of(self_);
  auto rows = seen->rows.size() * 4;
  write(
    *store_,
    store_->bounded(unawaited(how_.what, who_.owner)),
    {},
    [plan = plan_, seen = std::move(*seen), owner = who_.owner](storage::database& db) {
      return keep_seen(db, *plan, seen, owner);
    },
    [it, to](expected<void> kept) {
      go_on(to, [it, kept] {
        if (!kept)
          return it->end_(fail(kept.error()));
        ++it->next_;
        it->go();
      });
    },
    rows);
}

void look(tracing_pointer self,
          const caller& who,
          const base::ticket& how,
          plan_ptr plan,
          bool with_contents,
          look_under_way::on_end then) {
  auto end = [self, then](expected<std::shared_ptr<look_result>> found) {
    end_turn(self);
    then(std::move(found));
  };
  std::make_shared<look_under_way>(self, who, how, std::move(plan), with_contents, end)->go();
}

} // namespace aops::actors
