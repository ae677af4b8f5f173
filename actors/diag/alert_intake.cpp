#include "actors/diag/alert_intake.hpp"

#include "actors/diag/alert_groups.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// How often is looked while nothing is under way, and while something is: people wait then.
constexpr std::chrono::milliseconds look_every{1000}, look_soon{200};

caf::result<alert_group_taken>
take(alert_intake_pointer self, const caller& who, const alert_group& x) {
  if (who.owner.empty()) // Belongs to nobody yet: there is no host he could see.
    return refuse(ec::permission_denied, "an administrator has to take the account in first");
  auto promise = self->make_response_promise<alert_group_taken>();
  auto planned = [self, promise](expected<group_planned> x) mutable {
    if (!x)
      return void(promise.deliver(to_caf(x.error())));
    if (!x->job)
      return void(promise.deliver(std::move(x->answer)));
    ++self->state.open;
    auto then = [promise, answer = std::move(x->answer)](expected<job_created> stored) mutable {
      if (stored)
        promise.deliver(std::move(answer));
      else
        promise.deliver(to_caf(stored.error()));
    };
    store_job(self, *x->job, then);
  };
  ask_here<alert_groups_actor>(self,
                               *self->state.services,
                               alert_groups_name,
                               planned,
                               group_to_plan{who, std::make_shared<alert_group>(x)});
  return promise;
}

void tell(alert_intake_pointer self, const std::shared_ptr<const group_diagnosed>& x) {
  auto& st = self->state;
  if (!st.busy.insert(x->group.job).second)
    return;
  auto then = [self, job = x->group.job](const expected<done>& how) {
    self->state.busy.erase(job);
    if (!how && how.error() != ec::fenced && how.error() != ec::store_unreachable)
      log::warn("alert-group-untold", "what diagnosis {} found: {}", job, to_string(how.error()));
  };
  ask_here<alert_groups_actor>(self, *st.services, alert_groups_name, then, group_to_tell{x});
}

void look(alert_intake_pointer self) {
  auto& st = self->state;
  open_groups_query query;
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    if (st.services->slots->owns(slot))
      query.slots.push_back(slot);
  if (query.slots.empty() || std::exchange(st.is_asking, true))
    return;
  auto then = [self](expected<open_groups> x) {
    self->state.is_asking = false;
    if (!x) {
      if (x.error() != ec::store_unreachable && x.error() != ec::timed_out)
        log::warn("alert-groups-unseen", "what diagnoses found: {}", to_string(x.error()));
      return;
    }
    self->state.open = x->open;
    for (const auto& ended : x->ended)
      tell(self, ended);
  };
  ask_here<alert_groups_actor>(self, *st.services, alert_groups_name, then, std::move(query));
}

} // namespace

full_alert_intake_actor::behavior_type alert_intake(alert_intake_pointer self,
                                                    job_services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  self->delayed_send(self, look_every, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, self->state.open > 0 ? look_soon : look_every, atom::tick_v);
      look(self);
    },
    [self](const caller& who, const alert_group& x) { return take(self, who, x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
