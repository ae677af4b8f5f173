#include "actors/diag/jobs_intake.hpp"

#include "actors/check/check_job.hpp"
#include "actors/diag/diag_plan.hpp"
#include "messages/names.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/diag.hpp"
#include "messages/roles/host.hpp"
#include "messages/rounds.hpp"
#include "runtime/base/ids.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

job_record new_job(jobs_region_pointer self,
                   const caller& who,
                   std::string kind,
                   std::string plan,
                   int64_t expected_results) {
  auto& st = self->state;
  job_record job;
  auto now = st.services->clock->now_ms();
  job.id = base::new_id(now);
  job.kind = std::move(kind);
  job.owner = who.owner;
  job.user = who.user;
  job.slot = schedule::slot_of(job.id);
  job.plan = std::move(plan);
  job.expected = expected_results;
  job.created_ms = now;
  job.deadline_ms = now + st.services->config->diag.deadline.ms;
  return job;
}

void store_job(jobs_region_pointer self,
               const job_record& job,
               std::vector<tree_content> trees,
               std::function<void(expected<job_created>)> then) {
  job_to_create order{job, std::move(trees)};
  auto stored = [self, job, then](expected<job_created> how) {
    if (how && !how->existed)
      job_stored(self, job);
    then(std::move(how));
  };
  ask<job_store_actor, job_created>(self, job_store_name, stored, order);
}

using diag_promise = caf::typed_response_promise<diag_started>;

/// The job is stored, or the reply says that it is not.
void finish_diag(jobs_region_pointer self,
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
  auto job = new_job(self, who, "diag", write_diag_plan(plan, request), reply.expected_report_num);
  reply.task_id.text = '"' + job.id + '"';
  auto then = [promise, reply](expected<job_created> stored) mutable {
    if (!stored) {
      reply = {};
      reply.code = outcome_of(ec::store_unreachable).return_code;
    }
    promise.deliver(reply);
  };
  store_job(self, job, std::move(trees), then);
}

/// A request for a diagnosis on its way through its steps.
struct diag_intake {
  caller who;
  fault::plan_request request;
  diag_promise promise;
  std::vector<std::string> hosts; ///< Known ones.
};

/// The trees are found: plan and store.
void plan_diag(jobs_region_pointer self, const diag_intake& x, tree_contents& trees) {
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

void find_trees_for(jobs_region_pointer self, std::shared_ptr<diag_intake> x) {
  auto then = [self, x](expected<tree_contents> trees) {
    if (trees)
      plan_diag(self, *x, *trees);
    else
      x->promise.deliver(to_caf(trees.error()));
  };
  find_trees query{x->who.owner, x->request.tree_list};
  ask<tree_store_actor, tree_contents>(self, tree_store_name, then, query);
}

} // namespace

caf::result<diag_started>
take_diag(jobs_region_pointer self, const caller& who, const diag_to_execute& x) {
  auto intake = std::make_shared<diag_intake>();
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
  find_hosts query{who.owner, x.host_list, {}};
  ask<host_store_actor, host_records>(self, host_store_name, then, query);
  return intake->promise;
}

namespace {

/// Names asked for, each once, that are not among the known.
std::vector<std::string> unknown(const std::vector<std::string>& asked,
                                 const std::set<std::string>& known) {
  std::vector<std::string> out;
  for (const auto& name : asked)
    if (!known.contains(name) && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  return out;
}

expected<std::pair<check_started, check_plan>>
plan_check(const check_to_execute& x, const host_records& hosts, const owner_rules& rules) {
  check_started reply;
  check_plan plan;
  plan.start_ms = x.time_range[0].ms;
  plan.end_ms = x.time_range[1].ms;
  std::set<std::string> known_hosts, known_items;
  for (const auto& host : hosts.hosts) {
    known_hosts.insert(host.host_id);
    plan.hosts.push_back(host.host_id);
  }
  auto asked = x.check_items.value_or(std::vector<std::string>{});
  for (const auto& rule : rules.rules) {
    known_items.insert(rule.check_item);
    if (asked.empty() || std::find(asked.begin(), asked.end(), rule.check_item) != asked.end())
      plan.items.push_back(rule.check_item);
  }
  if (plan.hosts.empty())
    return fail(ec::bad_request, "No valid host.");
  if (plan.items.empty())
    return fail(ec::bad_request, "No valid check item.");
  reply.ignored_hosts = unknown(x.host_list, known_hosts);
  reply.ignored_items = unknown(asked, known_items);
  reply.expected_result_num = static_cast<int64_t>(plan.hosts.size() * plan.items.size());
  if (!reply.ignored_hosts.empty() || !reply.ignored_items.empty())
    reply.code = code_partial;
  return std::pair{std::move(reply), std::move(plan)};
}

/// A request for an explicit check on its way through its steps.
struct check_intake {
  caller who;
  check_to_execute request;
  caf::typed_response_promise<check_started> promise;
  host_records hosts;
};

void plan_and_store(jobs_region_pointer self, const check_intake& x, const owner_rules& rules) {
  auto promise = x.promise;
  auto planned = plan_check(x.request, x.hosts, rules);
  if (!planned) {
    promise.deliver(to_caf(planned.error()));
    return;
  }
  auto& [reply, plan] = *planned;
  auto job = new_job(self, x.who, "check", write_check_plan(plan), reply.expected_result_num);
  reply.task_id = job.id;
  auto then = [promise, reply = reply](expected<job_created> stored) mutable {
    if (stored)
      promise.deliver(reply);
    else
      promise.deliver(to_caf(stored.error()));
  };
  store_job(self, job, {}, then);
}

void find_rules_for(jobs_region_pointer self, std::shared_ptr<check_intake> x) {
  auto then = [self, x](expected<owner_rules> rules) {
    if (rules)
      plan_and_store(self, *x, *rules);
    else
      x->promise.deliver(to_caf(rules.error()));
  };
  get_owner_rules query{x->who.owner};
  ask<rule_store_actor, owner_rules>(self, rule_store_name, then, query);
}

} // namespace

caf::result<check_started>
take_check(jobs_region_pointer self, const caller& who, const check_to_execute& x) {
  if (x.time_range[0].ms >= x.time_range[1].ms)
    return refuse(ec::bad_request, "Time range is not valid.");
  if (who.owner.empty())
    return refuse(ec::bad_request, "No valid host.");
  auto intake = std::make_shared<check_intake>();
  intake->who = who;
  intake->request = x;
  intake->promise = self->make_response_promise<check_started>();
  auto then = [self, intake](expected<host_records> hosts) {
    if (!hosts) {
      intake->promise.deliver(to_caf(hosts.error()));
      return;
    }
    intake->hosts = std::move(*hosts);
    find_rules_for(self, intake);
  };
  find_hosts query{who.owner, x.host_list, {}};
  ask<host_store_actor, host_records>(self, host_store_name, then, query);
  return intake->promise;
}

} // namespace aops::actors
