#include "actors/diag/diag_job.hpp"

#include "actors/diag/diag_intake.hpp"
#include "actors/diag/diag_plan.hpp"
#include "actors/host/host.hpp"
#include "actors/host/unit_reports.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/support/ask.hpp"
#include "messages/changes.hpp"
#include "messages/names.hpp"
#include "messages/roles/hosts.hpp"
#include "runtime/io/storage/report_units.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

class diag_runner final : public unit_runner {
public:
  using unit_runner::unit_runner;

protected:
  expected<int64_t> read_plan(job_state& state) override {
    auto plan = read_diag_plan(state.job.plan);
    if (!plan)
      return fail(plan.error());
    if (state.trees.size() != plan->trees.size())
      return fail(ec::corrupt, "the plan's trees are not stored");
    units_ = fault::units_of(*plan, reports_per_unit(*plan, state.trees));
    plan_ = std::move(*plan);
    trees_ = std::move(state.trees);
    return static_cast<int64_t>(units_.size());
  }

  unit_host host_of(int64_t unit) const override {
    auto number = units_[static_cast<size_t>(unit)].host;
    return {number, plan_.hosts[number]};
  }

  void ask_for(int64_t unit) override {
    auto order = order_for(unit);
    auto id = order.host_id;
    auto then = [this, unit](expected<unit_diagnosed> x) {
      answered(unit, std::move(x).map([&](unit_diagnosed&& reply) {
        return commit_of(unit, std::move(reply.reports));
      }));
    };
    ask_entity<host_work_actor>(self(),
                                *services().names,
                                id,
                                host_name_of(id),
                                unit_deadline(),
                                std::move(then),
                                std::move(order));
  }

  storage::unit_to_commit give_up(int64_t unit, const std::string& reason) override {
    return commit_of(unit, failed_reports(order_for(unit), reason));
  }

private:
  unit_to_diagnose order_for(int64_t unit) const {
    const auto& u = units_[static_cast<size_t>(unit)];
    unit_to_diagnose order;
    order.job = job().id;
    order.owner = job().owner;
    order.host_id = plan_.hosts[u.host];
    order.unit = unit;
    order.trees = trees_;
    order.bounds_ms.push_back(plan_.slices[u.first_slice].start_ms);
    for (uint32_t i = 0; i < u.slice_count; ++i)
      order.bounds_ms.push_back(plan_.slices[u.first_slice + i].end_ms);
    order.deadline_ms = now_ms() + unit_deadline().count();
    return order;
  }

  storage::unit_to_commit commit_of(int64_t unit, std::vector<report_to_store> reports) const {
    storage::unit_to_commit x;
    x.unit = unit;
    x.content = std::make_shared<storage::unit_reports>(
      std::move(reports), storage::event_topics_of(*services().config));
    return x;
  }

  fault::diagnosis_plan plan_;
  std::vector<fault::plan_unit> units_;
  std::vector<tree_content> trees_;
};

} // namespace

job_actor::behavior_type diag_job(job_pointer self, job_services_ptr services, std::string job) {
  return run_units<diag_runner>(self, std::move(services), std::move(job));
}

job_kind diag_kind() {
  job_kind kind;
  kind.name = diagnosis_kind;
  kind.behaviour = &diag_job;
  kind.lists = bit_of(followed_list::diagnoses);
  kind.limits = [](const base::config& c) {
    return job_limits{c.diag.unit_timeout.chrono(), c.diag.deadline.chrono()};
  };
  kind.intake = [](const job_services_ptr& services) {
    child_spec spec;
    spec.name = diag_intake_name;
    spec.start = spawns(diag_intake, services);
    return spec;
  };
  return kind;
}

} // namespace aops::actors
