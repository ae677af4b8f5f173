#include "actors/tracing/look_by_time.hpp"

#include "actors/store/vault_keeper.hpp"
#include "actors/tracing/look_under_way.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using storage::database;
using storage::tracing_repository;

/// When a domain is looked at again: within a tenth of the time around it, for not all are to come
/// at once.
int64_t next_look(const storage::trace_due_row& x, int64_t every_ms, int64_t now_ms) {
  auto mixed = (static_cast<uint64_t>(x.key) ^ static_cast<uint64_t>(now_ms)) * 0x9E3779B97F4A7C15U;
  auto tenth = std::max<int64_t>(every_ms / 10, 1);
  auto jitter = static_cast<int64_t>(mixed >> 33U) % (2 * tenth) - tenth;
  return now_ms + every_ms + jitter;
}

void look_by_time(tracing_pointer self, const std::string& owner, const std::string& domain) {
  caller who;
  who.user = who.owner = owner;
  who.role = rights::administrator;
  auto how = unawaited(base::urgency::history, owner);
  auto tell = [owner, domain](const error& why) {
    log::info("domain-not-looked-at", "{} of {}: {}", domain, owner, to_string(why));
  };
  auto nothing = [tell](expected<plan_ptr> plan) {
    if (!plan) // Else there is nothing in it any more.
      tell(plan.error());
  };
  auto begin = [self, who, how, tell](plan_ptr plan) {
    auto then = [tell](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        tell(found.error());
    };
    look(self, who, how, std::move(plan), false, then);
  };
  in_turn(self, how, who, {domain, {}, {}}, nothing, begin);
}

void tell_not_claimed(const std::string& owner, const error& why) {
  log::warn("domains-not-claimed", "those of {} that are due: {}", owner, to_string(why));
}

/// Moves the time of what is due on; whoever does is the one who looks.
void claim_due(tracing_pointer self, const std::string& owner) {
  auto store = self->state.store;
  auto now = store->now_ms();
  auto every = store->config->tracing.check_every.ms;
  auto to = handle_of(self);
  auto then =
    [self, owner, store, now, every, to](expected<std::vector<storage::trace_due_row>> due) {
      if (!due)
        return tell_not_claimed(owner, due.error());
      if (due->empty())
        return;
      write(
        *store,
        store->bounded(unawaited(base::urgency::history, owner)),
        {},
        [rows = std::move(*due), now, every](database& db) -> expected<std::vector<std::string>> {
          std::vector<std::string> claimed;
          for (const auto& row : rows) {
            auto moved = tracing_repository{db}.move_on(row, next_look(row, every, now));
            if (!moved)
              return fail(std::move(moved.error()));
            if (*moved)
              claimed.push_back(row.name);
          }
          return claimed;
        },
        [self, owner, to](expected<std::vector<std::string>> claimed) {
          if (!claimed)
            return tell_not_claimed(owner, claimed.error());
          go_on(to, [self, owner, claimed] {
            for (const auto& domain : *claimed)
              look_by_time(self, owner, domain);
          });
        });
    };
  read_then(
    self,
    unawaited(base::urgency::history, owner),
    [owner, now, most = store->config->tracing.parallel](database& db) {
      return tracing_repository{db}.due(owner, now, most);
    },
    then);
}

} // namespace

void look_round(tracing_pointer self) {
  auto& st = self->state;
  if (!st.waiting.empty() || !st.by_time.empty() || !has_room(st))
    return;
  auto then = [self](expected<open_vaults> open) {
    if (!open)
      return log::warn("domains-not-claimed",
                       "it is not known whose vaults are open: {}",
                       to_string(open.error()));
    for (const auto& vault : open->vaults)
      claim_due(self, vault.user);
  };
  ask<full_vault_actor>(self,
                        *st.store->names,
                        vault_name,
                        st.store->config->store.request_timeout.chrono(),
                        then,
                        open_vaults_query{});
}

} // namespace aops::actors
