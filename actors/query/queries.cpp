#include "actors/query/queries.hpp"

#include "actors/query/query_work.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/host.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using full_queries_self = full_queries_actor::stateful_pointer<checked_state<queries_state>>;
using std::chrono::milliseconds;

/// How long the store may take to name the hosts.
constexpr std::chrono::seconds hosts_deadline{10};

constexpr size_t thread_count = 2, most_waiting = 32;

/// Registers a query that has to end in time.
query_end begin(full_queries_self self, int64_t timeout_ms) {
  auto& all = self->state.at_work;
  std::erase_if(all, [](const auto& x) { return x.expired(); });
  auto query = std::make_shared<std::atomic<bool>>(false);
  all.push_back(query);
  self->delayed_send(self, milliseconds{timeout_ms}, query_expired{query});
  return query;
}

int64_t time_for(const query_bounds& within) {
  return std::clamp<int64_t>(within.timeout_ms, 1, most_query_ms);
}
template <class Request>
int64_t time_for(const Request& x) {
  return time_for(x.within);
}
int64_t time_for(const query_to_format&) { return most_query_ms; }

std::vector<queried_host>
seen_by(const caller& who, const std::vector<host_record>& hosts, int64_t default_port) {
  std::vector<queried_host> out;
  for (const auto& x : hosts)
    if (!who.groups ||
        std::find(who.groups->begin(), who.groups->end(), x.host_group_name) != who.groups->end())
      out.push_back({x.host_id, labels_of_host(x, default_port)});
  return out;
}

/// Works a request out on a thread for that.
template <class Request>
void hand_over(full_queries_self self,
               const caller& who,
               const Request& x,
               std::vector<queried_host> hosts,
               const query_end& end,
               const foreign_promise<query_answer>& promise) {
  const auto& parts = self->state.parts;
  auto job = [x,
              hosts = std::move(hosts),
              end,
              promise,
              owner = who.owner,
              now = parts.clock ? parts.clock->now_ms() : 0,
              read = parts.read,
              read_alerts = parts.clock ? parts.read_alerts : alert_reading{},
              cache = parts.cache](expected<void> turn) {
    if (!turn)
      return promise.fail(turn.error() == ec::timed_out
                            ? error{ec::timed_out, "query timed out in query queue"}
                            : turn.error());
    store_source source{hosts, read, *cache, *end};
    if (read_alerts)
      source.know_alerts(owner, read_alerts, now);
    promise.answer(work_out(x, query_place{source, *end}));
  };
  parts.threads->queue(promise.ticket(), std::move(job));
}

template <class Request>
caf::result<query_answer> answer(full_queries_self self, const caller& who, const Request& x) {
  const auto& parts = self->state.parts;
  foreign_promise<query_answer> promise{self, {base::urgency::people, who.owner, {}}};
  if (parts.config->samples.source != "scrape") {
    promise.fail(ec::unreachable,
                 "this node keeps no samples: ask the Prometheus it reads them from");
    return promise;
  }
  auto end = begin(self, time_for(x));
  if (who.owner.empty()) { // To the store that would mean something else.
    hand_over(self, who, x, {}, end, promise);
    return promise;
  }
  auto then = [self, who, x, end, promise](expected<host_records> found) {
    if (!found)
      return promise.fail(std::move(found.error()));
    auto hosts = seen_by(who, found->hosts, self->state.parts.config->scrape.port);
    hand_over(self, who, x, std::move(hosts), end, promise);
  };
  ask<host_store_actor>(self,
                        *parts.names,
                        host_store_name,
                        hosts_deadline,
                        std::move(then),
                        find_hosts{who.owner, {}, {}});
  return promise;
}

} // namespace

queries_state::~queries_state() {
  for (const auto& x : at_work)
    if (auto query = x.lock())
      query->store(true, std::memory_order_relaxed);
}

full_queries_actor::behavior_type queries(full_queries_self self, queries_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [](const query_expired& x) {
      if (auto query = x.query.lock())
        query->store(true, std::memory_order_relaxed);
    },
    [self](const caller& who, const query_at& x) { return answer(self, who, x); },
    [self](const caller& who, const query_over& x) { return answer(self, who, x); },
    [self](const caller& who, const query_to_format& x) { return answer(self, who, x); },
    [self](const caller& who, const series_to_list& x) { return answer(self, who, x); },
    [self](const caller& who, const label_names_to_list& x) { return answer(self, who, x); },
    [self](const caller& who, const label_values_to_list& x) { return answer(self, who, x); },
    [self](const caller& who, const metrics_to_list& x) { return answer(self, who, x); },
    [](atom::ping) {},
  };
}

std::shared_ptr<executor> query_threads() {
  return std::make_shared<bounded_pool>(
    polite_threads("query", thread_count, most_waiting, most_query_ms));
}

} // namespace aops::actors
