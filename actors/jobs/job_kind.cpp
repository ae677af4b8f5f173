#include "actors/jobs/job_kind.hpp"

namespace aops::actors {

job_limits usual_limits(const base::config& config) {
  return {config.jobs.unit_timeout.chrono(), config.jobs.deadline.chrono()};
}

size_t usual_most_running(const base::config& config) {
  return static_cast<size_t>(config.jobs.max_running);
}

job_kinds::job_kinds(std::vector<job_kind> list) {
  for (auto& kind : list) {
    auto name = kind.name;
    kinds_.emplace(std::move(name), std::move(kind));
  }
}

const job_kind* job_kinds::find(const kind_name& name) const {
  auto it = kinds_.find(name);
  return it == kinds_.end() ? nullptr : &it->second;
}

} // namespace aops::actors
