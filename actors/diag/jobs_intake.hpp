#pragma once

#include "actors/diag/jobs_region.hpp"
#include "messages/caf_error.hpp"

#include <caf/typed_event_based_actor.hpp>

/// How jobs come in: what is asked is checked against the store and stored with its plan. Any node
/// takes any job; the owner of its slot runs it.
namespace aops::actors {

caf::result<diag_started>
take_diag(jobs_region_pointer self, const caller& who, const diag_to_execute& x);

caf::result<check_started>
take_check(jobs_region_pointer self, const caller& who, const check_to_execute& x);

/// The job is stored: it runs here, or its owner hears of it.
void job_stored(jobs_region_pointer self, const job_record& job);

/// Asks a store actor; a store that is down answers like one that does not.
template <class Handle, class Reply, class... Args>
void ask(jobs_region_pointer self,
         std::string_view name,
         std::function<void(expected<Reply>)> then,
         const Args&... args) {
  auto& services = *self->state.services;
  auto store = services.names->template find_as<Handle>(name);
  if (!store)
    return then(fail(ec::store_unreachable, std::string{name} + " is down"));
  self->request(store, services.config->store.request_timeout.chrono(), args...)
    .then([then](Reply& x) { then(std::move(x)); },
          [then](const caf::error& e) { then(fail(from_caf(e))); });
}

} // namespace aops::actors
