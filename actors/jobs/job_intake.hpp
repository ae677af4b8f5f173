#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/support/ask.hpp"
#include "messages/caf_error.hpp"
#include "messages/names.hpp"
#include "messages/roles/jobs.hpp"
#include "messages/roles/repeat.hpp"
#include "runtime/base/kept_json.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <utility>

/// How jobs come in: the intake of a kind checks what is asked against the store, plans, and has
/// the region store the job; only then it answers. Any node takes any job; the owner of its slot
/// runs it.
namespace aops::actors {

/// State of an actor that takes jobs in.
struct intake_state {
  explicit intake_state() = default;
  static inline const char* name = "job-intake";
  job_services_ptr services;
};

/// Asks a named actor of this node, with the deadline of the store.
template <class Role, class Self, class Then, class... Args>
void ask_here(
  Self* self, const job_services& services, std::string_view name, Then then, Args&&... args) {
  ask<Role>(self,
            *services.names,
            name,
            services.config->store.request_timeout.chrono(),
            std::move(then),
            std::forward<Args>(args)...);
}

/// A job of today with a new id, to be stored.
job_record new_job(const job_services& services,
                   const caller& who,
                   const kind_name& kind,
                   std::string plan,
                   int64_t expected_results);

/// Settles what a request is answered with: `reply`, or, when it came before with its key, what it
/// was answered then. `then(expected<Reply>)`; the job that is stored afterwards takes its id from
/// there, so that it is the same job however often the request comes.
template <described Reply, class Self, class Then>
void settle_reply(Self* self, const caller& who, Reply reply, Then then) {
  if (who.repeatable.key.empty())
    return then(expected<Reply>{std::move(reply)});
  answer_to_keep mine{who.user, who.repeatable, base::kept_text(reply)};
  auto settled = [then](expected<answer_kept> kept) mutable {
    then(kept ? base::restored<Reply>(kept->answer)
              : expected<Reply>{fail(std::move(kept.error()))});
  };
  ask_here<repeat_store_actor>(
    self, *self->state.services, repeat_store_name, std::move(settled), std::move(mine));
}

/// Gives a job the id that its request was answered with.
inline void name_job(job_record& job, std::string id) {
  job.id = std::move(id);
  job.slot = schedule::slot_of(job.id);
}

/// Has the region store a job, with the trees its plan froze. `then(expected<job_created>)`.
template <class Self, class Then>
void store_job(Self* self, job_to_create order, Then then) {
  ask_here<jobs_actor>(self, *self->state.services, jobs_name, std::move(then), std::move(order));
}

} // namespace aops::actors
