#include "actors/tracing/sync_under_way.hpp"

#include "actors/remote/remote_work.hpp"
#include "actors/tracing/look_under_way.hpp"
#include "actors/tracing/sync.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::database;
using storage::tracing_repository;

/// A sync while it is carried out, in the actor.
class sync_under_way : public std::enable_shared_from_this<sync_under_way> {
public:
  sync_under_way(tracing_pointer self,
                 caller who,
                 configs_to_sync asked,
                 plan_ptr plan,
                 foreign_promise<configs_synced> promise)
      : self_(self), store_(self->state.store), models_(self->state.models), who_(std::move(who)),
        asked_(std::move(asked)), plan_(std::move(plan)), promise_(std::move(promise)) {}

  void begin() {
    ++self_->state.syncing[key()];
    auto then = [it = shared_from_this()](expected<task::known_commands> known) {
      if (!known) {
        it->is_over();
        end_turn(it->self_);
        return it->promise_.fail(std::move(known.error()));
      }
      it->parts_ = pushes_of(*it->plan_, *it->models_, it->asked_, *known);
      it->go();
    };
    read_then(
      self_,
      promise_.ticket(),
      [store = store_](database&) { return commands_of(*store->config); },
      then);
  }

private:
  std::pair<std::string, std::string> key() const {
    return {plan_->domain.owner, plan_->domain.name};
  }

  /// Looks by time may see what it did: it is noted, or nothing was done.
  void is_over() {
    auto& st = self_->state;
    constexpr int64_t forgotten_ms = 3'600'000; // No look takes so long.
    auto now = store_->time->steady_ms();
    std::erase_if(st.synced_ms, [&](const auto& x) { return x.second + forgotten_ms < now; });
    st.synced_ms[key()] = now;
    if (auto it = st.syncing.find(key()); it != st.syncing.end() && --it->second == 0)
      st.syncing.erase(it);
  }

  void go() {
    if (next_ == parts_.size())
      return note();
    auto then = [it = shared_from_this()](expected<configs_pushed> reply) {
      it->take(std::move(reply));
    };
    ask<remote_actor>(self_,
                      *store_->names,
                      remote_name,
                      remote_acting_patience,
                      then,
                      who_,
                      parts_[next_].request);
  }

  void take(expected<configs_pushed> reply) {
    const auto& part = parts_[next_];
    if (!reply && next_ == 0) { // Nothing was done yet.
      is_over();
      end_turn(self_);
      return fail_by(promise_, std::move(reply.error()), 500);
    }
    for (size_t i = 0; i < part.places.size(); ++i) {
      auto& to = pushed_[{part.places[i].host, part.places[i].item}];
      if (reply && i < reply->resp.size()) {
        to = std::move(reply->resp[i]);
        continue;
      }
      to.state = "failed";
      to.reason = reply ? "nothing was told of it" : to_string(reply.error());
    }
    ++next_;
    go();
  }

  /// Who made files what they are now, before anybody sees that they are others.
  void note() {
    std::vector<std::pair<int64_t, std::string>> done;
    for (const auto& [place, file] : pushed_)
      if (file.state == "pushed")
        done.emplace_back(plan_->items[place.second].key, plan_->hosts[place.first].host_id);
    auto now = store_->now_ms();
    auto to = handle_of(self_);
    std::vector<std::string> names;
    for (const auto& host : plan_->hosts)
      names.push_back(host.host_id);
    auto entity = plan_->domain.name + ":" + listed(names);
    auto rows = done.size() + 1;
    write(
      *store_,
      store_->bounded(unawaited(base::urgency::people, who_.owner)),
      {},
      [done = std::move(done), entity, who = who_, now](database& db) -> expected<void> {
        for (const auto& [item, host] : done)
          if (auto noted = tracing_repository{db}.note_sync(item, host, who.user, now); !noted)
            return noted;
        return audit(db, now, who, "tracing.sync", entity);
      },
      [to, it = shared_from_this()](expected<void> noted) {
        if (!noted)
          log::warn("sync-not-noted", "{}", to_string(noted.error()));
        go_on(to, [it] {
          it->is_over();
          it->verify();
        });
      },
      rows);
  }

  void verify() {
    auto then = [it = shared_from_this()](expected<std::shared_ptr<look_result>> found) {
      end_turn(it->self_);
      look_result none;
      if (!found)
        none.refused = to_string(found.error());
      it->promise_.answer(reply_of(*it->plan_, it->pushed_, found ? **found : none));
    };
    auto how = unawaited(base::urgency::people, who_.owner);
    look_manner manner;
    manner.asks_tellers = true; // They have not told of it yet.
    std::make_shared<look_under_way>(self_, who_, how, plan_, manner, then)->go();
  }

  tracing_pointer self_;
  store_ptr store_;
  trace_models_ptr models_;
  caller who_;
  configs_to_sync asked_;
  plan_ptr plan_;
  std::vector<push_part> parts_;
  foreign_promise<configs_synced> promise_;
  size_t next_ = 0;
  pushed_files pushed_;
};

} // namespace

caf::result<configs_synced>
sync(tracing_pointer self, const caller& who, const configs_to_sync& x) {
  foreign_promise<configs_synced> promise{self, of(who)};
  auto nothing = [x, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    configs_synced reply;
    reply.code = *plan ? 400 : 404;
    reply.text = *plan ? "there is no host, or no file, to sync" : no_such_domain(x.domainName);
    if (*plan)
      reply.failList = (*plan)->failures;
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, x, promise](plan_ptr plan) {
    std::make_shared<sync_under_way>(self, who, x, std::move(plan), promise)->begin();
  };
  in_turn(self, promise.ticket(), who, {x.domainName, x.hostIds, x.confFiles}, nothing, begin);
  return promise;
}

} // namespace aops::actors
