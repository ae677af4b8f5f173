#pragma once

#include "actors/host/host.hpp"
#include "actors/jobs/job_services.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "tests/support/store_fixture.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace aops::tests {

/// The real store, canned hosts, and diagnoses of one tree in slices of a minute: 48 slices are one
/// unit.
struct jobs_fixture : store_fixture {
  jobs_fixture();
  ~jobs_fixture();

  static constexpr int64_t slices_per_unit = 48;

  /// What canned hosts do with a unit.
  enum class manner { answer, stay_silent, refuse };
  manner how = manner::answer;
  int64_t answers_left = INT64_MAX; ///< Then they stay silent.

  std::shared_ptr<actors::job_services> services = std::make_shared<actors::job_services>();
  std::vector<unit_to_diagnose> asked; ///< In order.
  std::vector<std::string> jobs_asked; ///< Of explicit checks: `job/host/items`.

  /// Answers the oldest units that hosts kept silent about.
  void release(size_t n = SIZE_MAX);

  /// The same for the units of explicit checks that hosts keep silent about: all of them.
  void release_checks();

  void add_canned_host(const std::string& id, const std::string& owner = "admin");

  /// A diagnosis as the region would store it.
  job_record store_job(const std::string& id,
                       const std::vector<std::string>& hosts,
                       int64_t units_per_host,
                       const std::string& owner = "admin");
  job_actor run_job(const std::string& id);

  void add_tree(const std::string& name, const caller& who);
  task_progress progress(const std::string& id, const caller& who);
  task_progress progress(const std::string& id) { return progress(id, admin); }
  /// Errors of a job's reports with how often each occurs.
  std::map<std::string, int64_t> errors(const std::string& id);
  int64_t reports(const std::string& id); ///< Rows in the store.

  std::vector<std::pair<unit_to_diagnose, actors::foreign_promise<unit_diagnosed>>> open;
  std::vector<std::pair<unit_to_check, actors::foreign_promise<unit_checked>>> open_checks;
};

} // namespace aops::tests
