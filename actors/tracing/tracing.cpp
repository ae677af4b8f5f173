#include "actors/tracing/tracing.hpp"

#include "actors/support/prepare.hpp"
#include "actors/tracing/items_under_way.hpp"
#include "actors/tracing/look_by_time.hpp"
#include "actors/tracing/look_under_way.hpp"
#include "actors/tracing/sync_under_way.hpp"
#include "actors/tracing/told_by_host.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::database;

/// Whether hosts are asked: an ordinary user gets what is known.
bool asks_hosts(const caller& who, const maybe<bool>& refresh) {
  return who.role == rights::administrator && refresh.value_or(true);
}

caf::result<domain_status>
status(tracing_pointer self, const caller& who, const domain_status_query& q) {
  foreign_promise<domain_status> promise{self, of(who)};
  auto store = self->state.store;
  if (!asks_hosts(who, q.refresh))
    return read(store, promise, [who, q](database& db) { return stored_status(db, who, q); });
  auto nothing = [q, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    domain_status reply;
    reply.code = 404;
    reply.text = !*plan                   ? no_such_domain(q.domainName)
                 : (*plan)->hosts.empty() ? "the domain has no host"
                                          : "the domain has no file";
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, promise](plan_ptr plan) {
    auto then = [plan, promise](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        return fail_by(promise, std::move(found.error()), 404);
      promise.answer(status_of(*plan, **found));
    };
    look(self, who, promise.ticket(), plan, {}, then);
  };
  in_turn(self, promise.ticket(), who, {q.domainName, {}, {}}, nothing, begin);
  return promise;
}

caf::result<real_configs>
reals(tracing_pointer self, const caller& who, const real_configs_query& q) {
  foreign_promise<real_configs> promise{self, of(who)};
  auto store = self->state.store;
  if (!asks_hosts(who, q.refresh))
    return read(store, promise, [who, q, models = self->state.models](database& db) {
      return stored_configs(db, *models, who, q);
    });
  auto nothing = [q, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    real_configs reply;
    reply.code = 400;
    reply.text = !*plan                   ? no_such_domain(q.domainName)
                 : (*plan)->hosts.empty() ? "there is no such host in the domain"
                                          : "the domain has no file";
    if (*plan)
      reply.failList = (*plan)->failures;
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, promise](plan_ptr plan) {
    auto then = [plan, promise](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        return fail_by(promise, std::move(found.error()), 404);
      promise.answer(configs_of(*plan, std::move(**found)));
    };
    look_manner manner;
    manner.with_contents = true;
    look(self, who, promise.ticket(), plan, manner, then);
  };
  in_turn(self, promise.ticket(), who, {q.domainName, q.hostIds, {}}, nothing, begin);
  return promise;
}

/// Answers from the store.
template <class Reply, class Work>
caf::result<Reply> from_store(tracing_pointer self, const caller& who, Work work) {
  return read(self->state.store,
              foreign_promise<Reply>{self, of(who)},
              [work, models = self->state.models](database& db) { return work(db, *models); });
}

/// Changes the store.
template <class Request>
caf::result<tracing_done>
change(tracing_pointer self,
       const caller& who,
       const Request& x,
       expected<tracing_done> (*work)(database&, const caller&, const Request&, int64_t)) {
  auto store = self->state.store;
  auto now = store->now_ms();
  return write_for(
    store,
    foreign_promise<tracing_done>{self, of(who)},
    {},
    [who, x, now, work](database& db) { return work(db, who, x, now); },
    16);
}

} // namespace

full_tracing_actor::behavior_type tracing(tracing_pointer self, tracing_parts parts) {
  prepare(self);
  self->state.store = std::move(parts.store);
  self->state.models = std::move(parts.models);
  self->state.tokens = std::move(parts.tokens);
  if (self->state.store->config->tracing.check_every.ms > 0)
    self->delayed_send(self, round_every(*self->state.store->config), atom::tick_v);
  using models = const tracing::registry&;
  return {
    [](const tracing_step& x) { (*x.go)(); },
    [self](atom::tick) {
      self->delayed_send(self, round_every(*self->state.store->config), atom::tick_v);
      look_round(self);
    },
    [self](const caller& who, const domains_to_create& x) {
      return change(self, who, x, create_domains);
    },
    [self](const caller& who, const domains_query&) {
      return from_store<traced_domains>(
        self, who, [who](database& db, models) { return list_domains(db, who); });
    },
    [self](const caller& who, const domains_to_delete& x) {
      return change(self, who, x, delete_domains);
    },
    [self](const caller& who, const hosts_to_trace& x) { return change(self, who, x, add_hosts); },
    [self](const caller& who, const traced_hosts_query& q) {
      return from_store<traced_hosts>(
        self, who, [who, q](database& db, models) { return list_hosts(db, who, q); });
    },
    [self](const caller& who, const hosts_to_untrace& x) {
      return change(self, who, x, remove_hosts);
    },
    [self](const caller& who, const items_to_trace& x) { return add_items(self, who, x); },
    [self](const caller& who, const traced_items_query& q) {
      return from_store<traced_items>(
        self, who, [who, q](database& db, models known) { return list_items(db, known, who, q); });
    },
    [self](const caller& who, const items_to_untrace& x) {
      return change(self, who, x, end_items);
    },
    [self](const caller& who, const item_history_query& q) {
      return from_store<item_history>(
        self, who, [who, q](database& db, models known) { return history_of(db, known, who, q); });
    },
    [self](const caller& who, const full_history_query& q) {
      return from_store<full_history>(self, who, [who, q](database& db, models known) {
        return history_of_all(db, known, who, q);
      });
    },
    [self](const caller& who, const real_configs_query& q) { return reals(self, who, q); },
    [self](const caller& who, const domain_status_query& q) { return status(self, who, q); },
    [self](const caller& who, const configs_to_sync& x) { return sync(self, who, x); },
    [self](const caller& who, const trace_texts_query& q) {
      return from_store<trace_texts>(
        self, who, [who, q](database& db, models known) { return texts_of(db, known, who, q); });
    },
    [self](const caller& who, const trace_diff_query& q) {
      return from_store<trace_diff>(self, who, [who, q](database& db, models known) {
        return difference_of(db, known, who, q);
      });
    },
    [self](const caller& who, const trace_summary_query&) {
      return from_store<trace_summary>(
        self, who, [who](database& db, models) { return summary_of(db, who); });
    },
    [self](const caller& who, const trace_edits_query& q) {
      return from_store<trace_edits>(
        self, who, [who, q](database& db, models) { return edits_of(db, who, q); });
    },
    [self](const caller&, const trace_models_query&) { return models_of(*self->state.models); },
    [self](const told_files_to_take& x) { return take_told(self, x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
