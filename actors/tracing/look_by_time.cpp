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

/// How often a domain is looked at in one way or the other.
int64_t any_look_every(const base::config& config) {
  auto whole = config.tracing.check_every.ms, between = config.tracing.watch_every.ms;
  return between > 0 ? std::min(between, whole) : whole;
}

/// When a domain is looked at again: within a tenth of the time around it, for not all are to come
/// at once. Looks between the whole ones come early enough for what changes to be known in time.
int64_t next_look(const storage::trace_due_row& x, const base::config& config, int64_t now_ms) {
  auto every_ms = any_look_every(config);
  auto mixed = (static_cast<uint64_t>(x.key) ^ static_cast<uint64_t>(now_ms)) * 0x9E3779B97F4A7C15U;
  auto tenth = std::max<int64_t>(every_ms / 10, 1);
  auto jitter = static_cast<int64_t>(mixed >> 33U) % (2 * tenth) - tenth;
  if (every_ms < config.tracing.check_every.ms)
    return now_ms + every_ms * 65 / 100 + jitter / 2;
  return now_ms + every_ms + jitter;
}

/// Looks between the whole ones are made one at a time, and after each none is begun for so many
/// times as long as it took: they take no more than a fourth of the time.
constexpr int64_t rest_after_one = 3;

using domain_key = std::pair<std::string, std::string>;

/// Notes that a domain is about to be looked at. @returns Whether all its hosts are to be.
bool begin_look(tracing_state& st, const domain_key& key) {
  const auto& config = *st.store->config;
  auto now = st.store->time->steady_ms(), every = config.tracing.check_every.ms;
  std::erase_if(st.looked_whole, [&](const auto& x) { return x.second + 2 * every < now; });
  auto last = st.looked_whole.find(key);
  // The look that is nearest to the time is the one.
  if (last != st.looked_whole.end() && now - last->second + any_look_every(config) / 2 < every)
    return false;
  st.looked_whole[key] = now;
  return true;
}

void look_by_time(tracing_pointer self, const std::string& owner, const std::string& domain) {
  auto& st = self->state;
  domain_key key{owner, domain};
  if (st.syncing.contains(key) || !st.under_way.insert(key).second)
    return;
  bool is_whole = begin_look(st, key);
  if (!is_whole && st.store->time->steady_ms() < st.rests_until_ms) {
    st.under_way.erase(key);
    return;
  }
  caller who;
  who.user = who.owner = owner;
  who.role = rights::administrator;
  auto how = unawaited(base::urgency::history, owner);
  auto tell = [owner, domain](const error& why) {
    log::info("domain-not-looked-at", "{} of {}: {}", domain, owner, to_string(why));
  };
  if (!is_whole)
    st.rests_until_ms = base::never_ms; // Until it has ended.
  auto end = [self, key, is_whole](int64_t began) {
    auto& of = self->state;
    of.under_way.erase(key);
    auto now = of.store->time->steady_ms();
    if (!is_whole)
      of.rests_until_ms = now + rest_after_one * (now - began);
  };
  auto nothing = [self, end, tell](expected<plan_ptr> plan) {
    end(self->state.store->time->steady_ms());
    if (!plan) // Else there is nothing in it any more.
      tell(plan.error());
  };
  look_manner manner;
  manner.by_digest = true;
  manner.spares_unreachable = !is_whole;
  auto begin = [self, end, who, how, tell, manner](plan_ptr plan) {
    auto began = self->state.store->time->steady_ms();
    auto then = [end, tell, began](expected<std::shared_ptr<look_result>> found) {
      end(began);
      if (!found)
        tell(found.error());
    };
    look(self, who, how, std::move(plan), manner, then);
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
  auto to = handle_of(self);
  auto then = [self, owner, store, now, to](expected<std::vector<storage::trace_due_row>> due) {
    if (!due)
      return tell_not_claimed(owner, due.error());
    if (due->empty())
      return;
    write(
      *store,
      store->bounded(unawaited(base::urgency::history, owner)),
      {},
      [rows = std::move(*due), now, config = store->config](
        database& db) -> expected<std::vector<std::string>> {
        std::vector<std::string> claimed;
        for (const auto& row : rows) {
          auto moved = tracing_repository{db}.move_on(row, next_look(row, *config, now));
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

std::chrono::milliseconds round_every(const base::config& config) {
  constexpr int64_t shortest = 1000, longest = 30'000;
  return std::chrono::milliseconds{std::clamp(any_look_every(config) / 4, shortest, longest)};
}

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
