#include "actors/diag/diag_intake.hpp"

#include "actors/diag/diag_plan.hpp"
#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/diag.hpp"
#include "messages/roles/host.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using diag_promise = caf::typed_response_promise<diag_started>;

/// The job is stored, or the reply says that it is not.
void finish_diag(diag_intake_pointer self,
                 const caller& who,
                 const fault::plan_request& request,
                 const fault::diagnosis_plan& plan,
                 std::vector<tree_content> trees,
                 diag_promise promise) {
  diag_started reply;
  reply.expected_report_num = static_cast<int64_t>(plan.expected_reports());
  reply.ignored_hosts = plan.ignored_hosts;
  reply.ignored_trees = plan.ignored_trees;
  if (!plan.ignored_hosts.empty() || !plan.ignored_trees.empty())
    reply.code = code_partial;
  job_to_create order;
  order.job = new_job(*self->state.services,
                      who,
                      diagnosis_kind,
                      write_diag_plan(plan, request),
                      reply.expected_report_num);
  order.trees = std::move(trees);
  reply.task_id.text = '"' + order.job.id + '"';
  auto store = [self, promise, order = std::move(order)](expected<diag_started> settled) mutable {
    if (!settled)
      return void(promise.deliver(to_caf(settled.error())));
    const auto& id = settled->task_id.text;
    name_job(order.job, id.substr(1, id.size() - 2)); // Without its quotes.
    auto then = [promise, reply = std::move(*settled)](expected<job_created> stored) mutable {
      if (!stored) {
        reply = {};
        reply.code = outcome_of(ec::store_unreachable).return_code;
      }
      promise.deliver(reply);
    };
    store_job(self, std::move(order), then);
  };
  settle_reply(self, who, std::move(reply), std::move(store));
}

/// A request for a diagnosis on its way through its steps.
struct request_for_diagnosis {
  caller who;
  fault::plan_request request;
  diag_promise promise;
  std::vector<std::string> hosts; ///< Known ones.
};

/// The trees are found: plan and store.
void plan_diag(diag_intake_pointer self, const request_for_diagnosis& x, tree_contents& trees) {
  auto promise = x.promise;
  std::vector<std::string> names;
  for (const auto& tree : trees.trees)
    names.push_back(tree.tree_name);
  auto limit = static_cast<uint64_t>(self->state.services->config->diag.max_reports);
  auto plan = fault::make_plan(x.request, x.hosts, names, limit);
  if (!plan) {
    promise.deliver(to_caf(plan.error()));
    return;
  }
  std::vector<tree_content> frozen; // In the plan's order.
  for (const auto& name : plan->trees)
    for (const auto& tree : trees.trees)
      if (tree.tree_name == name)
        frozen.push_back(tree);
  finish_diag(self, x.who, x.request, *plan, std::move(frozen), promise);
}

void find_trees_for(diag_intake_pointer self, std::shared_ptr<request_for_diagnosis> x) {
  auto then = [self, x](expected<tree_contents> trees) {
    if (trees)
      plan_diag(self, *x, *trees);
    else
      x->promise.deliver(to_caf(trees.error()));
  };
  find_trees query{x->who.owner, x->request.tree_list};
  ask_here<tree_store_actor>(self, *self->state.services, tree_store_name, then, query);
}

caf::result<diag_started>
take(diag_intake_pointer self, const caller& who, const diag_to_execute& x) {
  auto intake = std::make_shared<request_for_diagnosis>();
  intake->who = who;
  intake->request = {
    x.host_list, x.tree_list, x.time_range[0].ms, x.time_range[1].ms, x.interval * 1000};
  if (intake->request.start_ms >= intake->request.end_ms)
    return refuse(ec::bad_request, "Time range is not valid.");
  if (who.owner.empty()) // Belongs to nobody yet: there is no host he could see.
    return refuse(ec::bad_request, "No valid host.");
  intake->promise = self->make_response_promise<diag_started>();
  auto then = [self, intake](expected<host_records> found) {
    if (!found) {
      intake->promise.deliver(to_caf(found.error()));
      return;
    }
    for (const auto& host : found->hosts)
      intake->hosts.push_back(host.host_id);
    find_trees_for(self, intake);
  };
  ask_here<host_store_actor>(
    self, *self->state.services, host_store_name, then, who, seen_hosts_query{x.host_list});
  return intake->promise;
}

} // namespace

diag_intake_actor::behavior_type diag_intake(diag_intake_pointer self, job_services_ptr services) {
  prepare(self, std::string{diag_intake_name});
  self->state.services = std::move(services);
  return {
    [self](const caller& who, const diag_to_execute& x) { return take(self, who, x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
