#include "actors/tracing/look_under_way.hpp"

#include "messages/roles/remote.hpp"

#include <caf/all.hpp>

namespace aops::actors {

look_under_way::look_under_way(
  tracing_pointer self, caller who, base::ticket how, plan_ptr plan, look_manner manner, on_end end)
    : self_(self), store_(self->state.store), models_(self->state.models), who_(std::move(who)),
      how_(std::move(how)), plan_(std::move(plan)), parts_(parts_of(*plan_)), manner_(manner),
      end_(std::move(end)) {}

void look_under_way::go() {
  if (next_ == parts_.size())
    return end_(found_);
  if (!is_awaited(*store_, how_))
    return end_(fail(no_more_awaited()));
  asked_ms_ = store_->time->steady_ms();
  auto it = shared_from_this();
  read_then(
    self_,
    how_,
    [it](storage::database& db) {
      return ask_part(db,
                      *it->plan_,
                      it->parts_[it->next_],
                      it->manner_,
                      *it->store_->config,
                      it->store_->now_ms());
    },
    [it](expected<part_asked> asked) { it->ask_hosts(std::move(asked)); });
}

void look_under_way::ask_hosts(expected<part_asked> asked) {
  if (!asked)
    return end_(fail(std::move(asked.error())));
  asked_ = std::make_shared<const part_asked>(std::move(*asked));
  if (asked_->files.infos.empty())
    return judge({});
  auto it = shared_from_this();
  errand with;
  with.what = how_.what;
  auto ask_remote = [&](auto then, auto request) {
    ask_for<remote_actor>(std::move(with),
                          self_,
                          *store_->names,
                          remote_name,
                          remote_reading_patience,
                          std::move(then),
                          who_,
                          std::move(request));
  };
  if (manner_.by_digest)
    return ask_remote(
      [it](expected<files_checked> reply) {
        return reply ? it->judge(files_in(*reply, *it->asked_))
                     : it->end_(fail(std::move(reply.error())));
      },
      asked_->files);
  ask_remote(
    [it](expected<configs_collected> reply) {
      return reply ? it->judge(files_in(*reply)) : it->end_(fail(std::move(reply.error())));
    },
    request_of(asked_->files));
}

bool look_under_way::was_synced() const {
  const auto& st = self_->state;
  std::pair key{plan_->domain.owner, plan_->domain.name};
  auto last = st.synced_ms.find(key);
  return st.syncing.contains(key) || (last != st.synced_ms.end() && last->second >= asked_ms_);
}

void look_under_way::judge(read_files files) {
  // What a sync has changed is for its own look to tell, as its doing.
  if (manner_.by_digest && was_synced())
    return end_(found_);
  auto kept = std::make_shared<read_files>(std::move(files));
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
                        it->asked_->not_asked,
                        it->manner_.with_contents,
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
          look_manner manner,
          look_under_way::on_end then) {
  auto end = [self, then](expected<std::shared_ptr<look_result>> found) {
    end_turn(self);
    then(std::move(found));
  };
  std::make_shared<look_under_way>(self, who, how, std::move(plan), manner, end)->go();
}

} // namespace aops::actors
