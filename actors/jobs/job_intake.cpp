#include "actors/jobs/job_intake.hpp"

#include "runtime/base/ids.hpp"

namespace aops::actors {

job_record new_job(const job_services& services,
                   const caller& who,
                   const kind_name& kind,
                   std::string plan,
                   int64_t expected_results) {
  job_record job;
  auto now = services.clock->now_ms();
  const auto* known = services.kinds->find(kind);
  auto limits = (known ? known->limits : &usual_limits)(*services.config);
  job.id = base::new_id(now);
  job.kind = kind;
  job.owner = who.owner;
  job.user = who.user;
  job.slot = schedule::slot_of(job.id);
  job.plan = std::move(plan);
  job.expected = expected_results;
  job.created_ms = now;
  job.deadline_ms = now + limits.deadline.count();
  return job;
}

} // namespace aops::actors
