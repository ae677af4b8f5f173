#include "actors/check/check_job.hpp"

#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>
#include <nlohmann/json.hpp>

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

  void ask_for(int64_t unit) override {
    const auto& id = plan_.hosts[static_cast<size_t>(unit)];
    auto host = services().names->find_as<host_work_actor>("host/" + id);
    if (!host)
      return answered(unit, fail(ec::unreachable, "host " + id + " has no running actor"));
    unit_to_check order{job().id, job().owner, id, unit, plan_.items, plan_.start_ms, plan_.end_ms};
    self()
      ->request(host, unit_deadline(), std::move(order))
      .then([this, unit](const unit_checked&) { answered(unit, give_up(unit, {})); },
            [this, unit](const caf::error& e) { answered(unit, fail(from_caf(e))); });
  }

  /// Pairs count as done when nobody answers, too: the coverage ledger of the host shows what is
  /// missing.
  unit_to_commit give_up(int64_t unit, const std::string&) override {
    unit_to_commit x;
    x.unit = unit;
    x.results = static_cast<int64_t>(plan_.items.size());
    return x;
  }

private:
  check_plan plan_;
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
  prepare(self, job_name_of(job));
  self->state.runner = std::make_unique<check_runner>(self, std::move(services), std::move(job));
  self->state.runner->begin();
  return {
    [self](atom::tick) { self->state.runner->on_tick(); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
