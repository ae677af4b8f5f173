#include "actors/check/check_job.hpp"

#include "actors/check/check_intake.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/support/ask.hpp"
#include "messages/changes.hpp"
#include "messages/names.hpp"
#include "messages/roles/hosts.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using nlohmann::json;

class check_runner final : public unit_runner {
public:
  using unit_runner::unit_runner;

protected:
  expected<int64_t> read_plan(job_state& state) override {
    auto plan = read_check_plan(state.job.plan);
    if (!plan)
      return fail(plan.error());
    plan_ = std::move(*plan);
    return static_cast<int64_t>(plan_.hosts.size());
  }

  unit_host host_of(int64_t unit) const override {
    return {static_cast<uint32_t>(unit), plan_.hosts[static_cast<size_t>(unit)]};
  }

  void ask_for(int64_t unit) override {
    const auto& id = plan_.hosts[static_cast<size_t>(unit)];
    auto then = [this, unit](expected<unit_checked> x) {
      answered(unit, x.map([&](const unit_checked&) { return done_with(unit); }));
    };
    ask_entity<host_work_actor>(
      self(),
      *services().names,
      id,
      host_name_of(id),
      unit_deadline(),
      std::move(then),
      unit_to_check{job().id, job().owner, id, unit, plan_.items, plan_.start_ms, plan_.end_ms});
  }

  /// Pairs for which nobody answered count as failed. What is missing of them the host's coverage
  /// ledger shows.
  storage::unit_to_commit give_up(int64_t unit, const std::string& reason) override {
    if (auto untold = given_up_.due(now_ms()))
      log::warn("check-incomplete",
                "job {}: no answer for host {}{}: {}",
                job().id,
                plan_.hosts[static_cast<size_t>(unit)],
                *untold == 0 ? "" : ", and for " + std::to_string(*untold) + " before it",
                reason);
    auto x = done_with(unit);
    x.failed = x.results;
    return x;
  }

private:
  storage::unit_to_commit done_with(int64_t unit) const {
    storage::unit_to_commit x;
    x.unit = unit;
    x.results = static_cast<int64_t>(plan_.items.size());
    return x;
  }

  check_plan plan_;
  base::often_told given_up_;
};

} // namespace

std::string write_check_plan(const check_plan& plan) {
  return json{{"host_list", plan.hosts},
              {"check_items", plan.items},
              {"range_ms", {plan.start_ms, plan.end_ms}}}
    .dump();
}

expected<check_plan> read_check_plan(const std::string& text) {
  try {
    auto x = json::parse(text);
    check_plan plan;
    plan.hosts = x.at("host_list").get<std::vector<std::string>>();
    plan.items = x.at("check_items").get<std::vector<std::string>>();
    plan.start_ms = x.at("range_ms").at(0).get<int64_t>();
    plan.end_ms = x.at("range_ms").at(1).get<int64_t>();
    return plan;
  } catch (const json::exception&) {
    return fail(ec::corrupt, "the plan of a check");
  }
}

job_actor::behavior_type check_job(job_pointer self, job_services_ptr services, std::string job) {
  return run_units<check_runner>(self, std::move(services), std::move(job));
}

job_kind check_kind() {
  job_kind kind;
  kind.name = check_kind_name;
  kind.behaviour = &check_job;
  kind.lists = bit_of(followed_list::results);
  kind.intake = [](const job_services_ptr& services) {
    child_spec spec;
    spec.name = check_intake_name;
    spec.start = spawns(check_intake, services);
    return spec;
  };
  return kind;
}

} // namespace aops::actors
