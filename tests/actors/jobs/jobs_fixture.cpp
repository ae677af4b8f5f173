#include "tests/actors/jobs/jobs_fixture.hpp"

#include "actors/check/check_job.hpp"
#include "actors/diag/diag_job.hpp"
#include "actors/diag/diag_plan.hpp"
#include "actors/host/unit_reports.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"

#include <caf/all.hpp>

namespace aops::tests {

using namespace actors;

namespace {

const std::string tree_text =
  R"({"node name":"slow","condition":"busy","children":[{"node name":"busy","check item":"hot"}]})";

host_actor::behavior_type canned_host(host_actor::pointer self, jobs_fixture* fixture) {
  prepare(self, "canned host");
  return {
    [](const rules_update&) {},
    [](const host_record&) {},
    [](look_now) {},
    [](const host_to_release&) { return done{}; },
    [](atom::ping) {},
    [](const caller&, const series_query&) -> caf::result<series_page> {
      return refuse(ec::internal);
    },
    [](const caller&, const rule_to_test&) -> caf::result<rule_tested> {
      return refuse(ec::internal);
    },
    [](const caller&, const condition_to_eval&) -> caf::result<condition_evaluated> {
      return refuse(ec::internal);
    },
    [](const host_series_query&) -> caf::result<host_series_known> { return refuse(ec::internal); },
    [self, fixture](const unit_to_diagnose& x) -> caf::result<unit_diagnosed> {
      fixture->asked.push_back(x);
      if (fixture->how == jobs_fixture::manner::refuse)
        return refuse(ec::store_unreachable, "canned");
      if (fixture->how == jobs_fixture::manner::answer && fixture->answers_left > 0) {
        --fixture->answers_left;
        return unit_diagnosed{x.unit, failed_reports(x, "canned")};
      }
      foreign_promise<unit_diagnosed> promise{self};
      fixture->open.emplace_back(x, promise);
      return promise;
    },
    [self, fixture](const unit_to_check& x) -> caf::result<unit_checked> {
      fixture->jobs_asked.push_back(x.job + '/' + x.host_id + '/' +
                                    fmt::format("{}", fmt::join(x.check_items, ",")));
      if (fixture->how == jobs_fixture::manner::refuse)
        return refuse(ec::store_unreachable, "canned");
      if (fixture->how == jobs_fixture::manner::answer)
        return unit_checked{x.unit, static_cast<int64_t>(x.check_items.size())};
      foreign_promise<unit_checked> promise{self};
      fixture->open_checks.emplace_back(x, promise);
      return promise;
    },
    [](const samples_to_push&) -> caf::result<samples_pushed> {
      return refuse(ec::not_found, "canned");
    },
  };
}

} // namespace

jobs_fixture::jobs_fixture() {
  services->config = settings;
  services->clock = now;
  services->names = names;
  services->slots = slots;
  services->kinds = std::make_shared<job_kinds>(std::vector{diag_kind(), check_kind()});
  add_tree("t", admin);
}

jobs_fixture::~jobs_fixture() {
  open.clear();
  open_checks.clear();
  end_all();
}

void jobs_fixture::release(size_t n) {
  auto some = std::exchange(open, {});
  for (size_t i = 0; i < some.size(); ++i)
    if (i < n)
      some[i].second.answer(
        unit_diagnosed{some[i].first.unit, failed_reports(some[i].first, "canned")});
    else
      open.push_back(std::move(some[i]));
  some.clear();
  run();
}

void jobs_fixture::release_checks() {
  for (auto& [x, promise] : std::exchange(open_checks, {}))
    promise.answer(unit_checked{x.unit, static_cast<int64_t>(x.check_items.size())});
  run();
}

void jobs_fixture::add_canned_host(const std::string& id, const std::string& owner) {
  add_host(id, owner);
  start_as(host_name_of(id), canned_host, this);
}

void jobs_fixture::add_tree(const std::string& name, const caller& who) {
  auto trees = of<tree_store_actor>(tree_store_name);
  ok(ask<trees_imported>(trees, who, trees_to_import{{{name, {tree_text}, "", {}}}}));
}

job_record jobs_fixture::store_job(const std::string& id,
                                   const std::vector<std::string>& hosts,
                                   int64_t units_per_host,
                                   const std::string& owner) {
  fault::plan_request request{hosts, {"t"}, 0, units_per_host * slices_per_unit * 60'000, 60'000};
  auto plan = ok(fault::make_plan(request, hosts, {"t"}));
  job_to_create order;
  order.trees =
    ok(ask<tree_contents>(of<tree_store_actor>(tree_store_name), find_trees{"admin", {"t"}})).trees;
  auto& job = order.job;
  job.id = id;
  job.kind = diagnosis_kind;
  job.owner = job.user = owner;
  job.slot = schedule::slot_of(id);
  job.plan = write_diag_plan(plan, request);
  job.expected = static_cast<int64_t>(plan.expected_reports());
  job.created_ms = now->now_ms();
  job.deadline_ms = job.created_ms + settings->diag.deadline.ms;
  ok(ask<job_created>(of<job_store_actor>(job_store_name), order));
  return job;
}

job_actor jobs_fixture::run_job(const std::string& id) {
  return start_as(job_name_of(id), diag_job, job_services_ptr{services}, id);
}

task_progress jobs_fixture::progress(const std::string& id, const caller& who) {
  auto reports = of<report_store_actor>(report_store_name);
  return ok(ask<progress_found>(reports, who, progress_query{{id}})).result.at(0);
}

std::map<std::string, int64_t> jobs_fixture::errors(const std::string& id) {
  auto rows = ok(db().list(
    "select b.error, count(*) from report r, report_body b, job j where b.report = r.n and r.job = "
    "j.n and j.id = ? "
    "group by b.error",
    [](const storage::row& r) {
      return std::pair{r.string(0), r.integer(1)};
    },
    id));
  return {rows.begin(), rows.end()};
}

int64_t jobs_fixture::reports(const std::string& id) {
  return count("select count(*) from report r, job j where r.job = j.n and j.id = '" + id + "'");
}

} // namespace aops::tests
