#include "actors/store/silence_store.hpp"

#include "actors/store/once.hpp"
#include "actors/store/silence_book.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "messages/changes.hpp"
#include "runtime/base/ids.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

using storage::silence_repository;
using storage::stored_silence;

constexpr size_t shown_begins = 5;

/// A user who sees some groups only looks at so many of his administrator's.
constexpr int64_t most_looked_through = 2000;

/// How long before now one may begin: what takes a while to get here is not refused.
constexpr int64_t most_past_ms = 60'000;

/// Longer is one that never ends, and says so.
constexpr int64_t farthest_ms = int64_t{10} * 366 * 24 * 3600 * 1000;

tl::unexpected<error> wrong_silence(std::string why) {
  return fail(ec::bad_request, std::move(why));
}

/// When it begins and ends, as a request says.
expected<std::pair<int64_t, int64_t>> times_of(const silence_to_add& x, int64_t now_ms) {
  auto start = x.starts_at ? x.starts_at->ms : now_ms;
  bool comes_again = x.expression.has_value();
  if (start < now_ms - most_past_ms)
    return wrong_silence("starts_at: is in the past");
  start = std::max(start, now_ms); // What was told until now was told without it.
  if (start > now_ms + farthest_ms)
    return wrong_silence("starts_at: is too far ahead");
  if (x.ends_at && x.ends_at->ms <= std::max(start, now_ms))
    return wrong_silence("ends_at: must be after the beginning and in the future");
  if (x.ends_at && x.ends_at->ms > now_ms + farthest_ms)
    return wrong_silence("ends_at: is too far ahead");
  if (comes_again && !x.duration_s)
    return wrong_silence("duration_s: is missing: how long does it last each time");
  if (x.time_zone && !comes_again)
    return wrong_silence("time_zone: is of an expression");
  if (comes_again)
    return std::pair{start, x.ends_at ? x.ends_at->ms : notify::endless_ms};
  if (x.ends_at && x.duration_s)
    return wrong_silence("duration_s: either this or ends_at");
  if (!x.ends_at && !x.duration_s)
    return wrong_silence("ends_at: is missing, or duration_s");
  return std::pair{start, x.ends_at ? x.ends_at->ms : start + *x.duration_s * 1000};
}

/// A user who sees some groups only silences nobody else's hosts.
expected<void> check_silence_scope(const caller& who, const silence_terms& x) {
  if (who.groups && x.hosts.empty() && x.groups.empty())
    return wrong_silence("host_list: name hosts or groups: you do not see all of them");
  return {};
}

/// The times of a silence, in an answer.
template <class Answer>
void put_times(Answer& to, const stored_silence& x, int64_t now_ms) {
  to.starts_at.ms = x.start_ms;
  if (x.end_ms < notify::endless_ms)
    to.ends_at = moment{x.end_ms};
  to.state = x.end_ms <= now_ms ? "ended" : "pending";
  if (x.end_ms <= now_ms)
    return;
  auto ready = silence_from(x);
  if (!ready)
    return;
  if (auto now = ready->at(now_ms)) {
    to.state = "active";
    to.active_until = moment{now->until_ms};
  }
  for (auto ms : ready->next_begins(now_ms, shown_begins))
    to.next.push_back(moment{ms});
}

void note_change(const store_access& store) {
  tell_changed(*store.names, bit_of(followed_list::silences) | bit_of(followed_list::alerts));
}

const std::vector<std::string>& list_or_none(const maybe<std::vector<std::string>>& x) {
  static const std::vector<std::string> none;
  return x ? *x : none;
}

expected<silence_added>
add_silence(storage::database& db, const caller& who, const silence_to_add& x, int64_t now_ms) {
  silence_repository silences{db};
  if (who.owner.empty())
    return fail(ec::permission_denied, "nobody has taken you in: there are no hosts to silence");
  auto times = times_of(x, now_ms);
  if (!times)
    return fail(std::move(times.error()));
  auto hosts = silences.hosts_of(scope_of(who), list_or_none(x.host_list));
  if (!hosts)
    return fail(std::move(hosts.error()));
  auto groups = silences.groups_of(scope_of(who), list_or_none(x.group_list));
  if (!groups)
    return fail(std::move(groups.error()));
  stored_silence row;
  row.id = base::new_id(now_ms);
  row.owner = who.owner;
  row.user = who.user;
  row.terms = {x.comment,
               std::move(*hosts),
               std::move(*groups),
               list_or_none(x.matchers),
               x.expression.value_or(""),
               x.expression ? x.time_zone.value_or("UTC") : "",
               x.expression ? x.duration_s.value_or(0) : 0};
  std::tie(row.start_ms, row.end_ms) = *times;
  row.created_ms = now_ms;
  row.has_groups = !row.terms.groups.empty();
  if (row.terms.hosts.empty() && !row.has_groups && row.terms.matchers.empty())
    return wrong_silence("host_list: say what is silenced: hosts, groups or matchers");
  if (auto fair = check_silence_scope(who, row.terms); !fair)
    return fail(std::move(fair.error()));
  if (auto ready = silence_from(row); !ready)
    return fail(std::move(ready.error()));
  if (auto added = silences.add(row, now_ms); !added)
    return fail(std::move(added.error()));
  silence_added out;
  out.silence_id = row.id;
  put_times(out, row, now_ms);
  return audit(db, now_ms, who, "silence.add", row.id).map([&] { return std::move(out); });
}

/// Whether a user who sees some groups only sees all that it is about.
bool is_within(const stored_silence& x, const silence_repository::names& seen) {
  return (!x.terms.hosts.empty() || x.has_groups) &&
         std::all_of(x.terms.hosts.begin(),
                     x.terms.hosts.end(),
                     [&](const auto& id) { return seen.hosts.contains(id); }) &&
         std::all_of(x.terms.groups.begin(), x.terms.groups.end(), [&](auto key) {
           return seen.groups.contains(key);
         });
}

expected<done>
end_silences(storage::database& db, const caller& who, const silences_to_end& x, int64_t now_ms) {
  silence_repository silences{db};
  auto found = silences.find(who.owner, x.silence_list);
  if (!found)
    return fail(std::move(found.error()));
  if (who.groups) {
    auto seen = silences.names_for(scope_of(who), *found);
    if (!seen)
      return fail(std::move(seen.error()));
    std::erase_if(*found, [&](const auto& one) { return !is_within(one, *seen); });
  }
  std::vector<std::string> ended;
  for (const auto& one : *found) {
    if (one.end_ms <= now_ms)
      continue;
    if (auto done = silences.end(one, who.user, now_ms); !done)
      return fail(std::move(done.error()));
    ended.push_back(one.id);
  }
  if (ended.empty())
    return done{};
  return audit(db, now_ms, who, "silence.end", listed(ended)).map([] { return done{}; });
}

silence_info
info_of(const stored_silence& x, const silence_repository::names& seen, int64_t now_ms) {
  silence_info out;
  out.silence_id = x.id;
  out.comment = x.terms.comment;
  out.username = x.user;
  out.created_at.ms = x.created_ms;
  for (const auto& id : x.terms.hosts) {
    auto known = seen.hosts.find(id);
    out.hosts.push_back({id, known == seen.hosts.end() ? "" : known->second});
  }
  for (auto key : x.terms.groups)
    if (auto known = seen.groups.find(key); known != seen.groups.end())
      out.groups.push_back(known->second);
  out.matchers = x.terms.matchers;
  out.expression = x.terms.expression;
  out.time_zone = x.terms.time_zone;
  if (!x.terms.expression.empty())
    out.duration_s = x.terms.duration_s;
  out.ended_by = x.ended_by;
  put_times(out, x, now_ms);
  return out;
}

expected<silences_page>
page_of(storage::database& db, const caller& who, const silences_query& q, int64_t now_ms) {
  silence_repository silences{db};
  auto asked = q;
  if (who.groups) { // Which of them he sees is known afterwards.
    asked.page = 1;
    asked.per_page = most_looked_through;
  }
  auto rows = silences.page(who.owner, asked, now_ms);
  if (!rows)
    return fail(std::move(rows.error()));
  auto& [all, total] = *rows;
  auto seen = silences.names_for(scope_of(who), all);
  if (!seen)
    return fail(std::move(seen.error()));
  if (who.groups) {
    std::erase_if(all, [&](const auto& x) { return !is_within(x, *seen); });
    total = static_cast<int64_t>(all.size());
    auto [first, count] = rows_of(paging_of(q), total);
    all.erase(all.begin() + first + count, all.end());
    all.erase(all.begin(), all.begin() + first);
  }
  silences_page out;
  storage::set_totals(out, total, paging_of(q));
  for (const auto& x : all)
    out.silence_infos.push_back(info_of(x, *seen, now_ms));
  return out;
}

} // namespace

silence_store_actor::behavior_type
silence_store(silence_store_actor::stateful_pointer<checked_state<silence_store_state>> self,
              store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const silence_to_add& x) -> caf::result<silence_added> {
      const auto& store = self->state.store;
      foreign_promise<silence_added> promise{self, of(who)};
      auto now = store->now_ms();
      write(*store,
            store->bounded(promise.ticket()),
            {},
            once(who,
                 now,
                 [who, x, now](storage::database& db) { return add_silence(db, who, x, now); }),
            [store, promise](expected<silence_added> added) {
              if (added)
                note_change(*store);
              promise.answer(std::move(added));
            });
      return promise;
    },
    [self](const caller& who, const silences_query& q) -> caf::result<silences_page> {
      return read(self->state.store,
                  foreign_promise<silences_page>{self, of(who)},
                  [who, q, now = self->state.store->now_ms()](storage::database& db) {
                    return page_of(db, who, q, now);
                  });
    },
    [self](const caller& who, const silences_to_end& x) -> caf::result<done> {
      const auto& store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, x, now = store->now_ms()](storage::database& db) {
          return end_silences(db, who, x, now);
        },
        [store, promise](expected<done> ended) {
          if (ended)
            note_change(*store);
          promise.answer(std::move(ended));
        },
        x.silence_list.size());
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
