#include "actors/host/host.hpp"

#include "actors/host/host_body.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"

#include <caf/all.hpp>

namespace aops::actors {

host_actor_state::host_actor_state() = default;
host_actor_state::~host_actor_state() = default;

namespace {

/// Users see the hosts of their owner only; to others it does not exist.
caf::error no_such_host() { return to_caf(error{ec::bad_request, "host_id: no such host"}); }

/// A unit of a job whose owner has no such host.
caf::error not_found(const std::string& id) { return to_caf({ec::not_found, "host " + id}); }

} // namespace

host_itself::behavior_type host(host_pointer self,
                                services_ptr services,
                                host_record record,
                                std::shared_ptr<const check::rule_set> rules) {
  prepare(self, host_name_of(record.host_id));
  self->state.body =
    std::make_unique<host_body>(self, std::move(services), std::move(record), std::move(rules));
  self->state.body->begin();
  auto body = [self]() -> host_body& { return *self->state.body; };
  return {
    [body](const rules_update& x) { body().on_rules(x.rules); },
    [body](const host_record& x) { body().on_record(x); },
    [body](look_now) { body().on_look(); },
    [body](const host_to_release& x) { return body().on_release(x.deadline_ms); },
    [](atom::ping) {},
    [body](const caller& who, const series_query& q) -> caf::result<series_page> {
      if (!body().is_of(who.owner))
        return no_such_host();
      return body().on_series(q);
    },
    [body](const caller& who, const rule_to_test& x) -> caf::result<rule_tested> {
      if (!body().is_of(who.owner))
        return no_such_host();
      return body().on_test(x);
    },
    [body](const caller& who, const condition_to_eval& x) -> caf::result<condition_evaluated> {
      if (!body().is_of(who.owner))
        return no_such_host();
      return body().on_eval(x);
    },
    [body](const host_series_query& q) -> caf::result<host_series_known> {
      if (!body().is_of(q.owner))
        return no_such_host();
      return body().on_series(q);
    },
    [body](const unit_to_diagnose& x) -> caf::result<unit_diagnosed> {
      if (!body().is_of(x.owner))
        return not_found(x.host_id);
      return body().on_unit(x);
    },
    [body](const unit_to_check& x) -> caf::result<unit_checked> {
      if (!body().is_of(x.owner))
        return not_found(x.host_id);
      return body().on_unit(x);
    },
    [body](const samples_to_push& x) -> caf::result<samples_pushed> {
      if (!body().is_of(x.owner))
        return not_found(x.host_id);
      return body().on_push(x);
    },
    [body](const round_due& x) { body().on_due(x.time_ms); },
    [body](start_due) { body().on_start_due(); },
    [body](commit_due) { body().on_commit_due(); },
    [body](history_due) { body().on_history_due(); },
    [body](history_turn) { body().on_history_turn(); },
    [](const host_work_due& x) { x.work(); },
    [body](release_due) { body().release_when_idle(); },
  };
}

} // namespace aops::actors
