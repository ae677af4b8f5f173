#include "actors/check/check_intake.hpp"

#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/host.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>

namespace aops::actors {

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

} // namespace

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

namespace {

/// A request for an explicit check on its way through its steps.
struct request_for_check {
  caller who;
  check_to_execute request;
  caf::typed_response_promise<check_started> promise;
  host_records hosts;
};

void plan_and_store(check_intake_pointer self,
                    const request_for_check& x,
                    const owner_rules& rules) {
  auto promise = x.promise;
  auto planned = plan_check(x.request, x.hosts, rules);
  if (!planned) {
    promise.deliver(to_caf(planned.error()));
    return;
  }
  auto& [reply, plan] = *planned;
  job_to_create order;
  order.job = new_job(*self->state.services,
                      x.who,
                      check_kind_name,
                      write_check_plan(plan),
                      reply.expected_result_num);
  reply.task_id = order.job.id;
  auto store = [self, promise, order = std::move(order)](expected<check_started> settled) mutable {
    if (!settled)
      return void(promise.deliver(to_caf(settled.error())));
    name_job(order.job, settled->task_id);
    auto then = [promise, reply = std::move(*settled)](expected<job_created> stored) mutable {
      if (stored)
        promise.deliver(reply);
      else
        promise.deliver(to_caf(stored.error()));
    };
    store_job(self, std::move(order), then);
  };
  settle_reply(self, x.who, std::move(reply), std::move(store));
}

void find_rules_for(check_intake_pointer self, std::shared_ptr<request_for_check> x) {
  auto then = [self, x](expected<owner_rules> rules) {
    if (rules)
      plan_and_store(self, *x, *rules);
    else
      x->promise.deliver(to_caf(rules.error()));
  };
  get_owner_rules query{x->who.owner};
  ask_here<rule_store_actor>(self, *self->state.services, rule_store_name, then, query);
}

caf::result<check_started>
take(check_intake_pointer self, const caller& who, const check_to_execute& x) {
  if (x.time_range[0].ms >= x.time_range[1].ms)
    return refuse(ec::bad_request, "Time range is not valid.");
  if (who.owner.empty())
    return refuse(ec::bad_request, "No valid host.");
  auto intake = std::make_shared<request_for_check>();
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
  ask_here<host_store_actor>(
    self, *self->state.services, host_store_name, then, who, seen_hosts_query{x.host_list});
  return intake->promise;
}

} // namespace

check_intake_actor::behavior_type check_intake(check_intake_pointer self,
                                               job_services_ptr services) {
  prepare(self, std::string{check_intake_name});
  self->state.services = std::move(services);
  return {
    [self](const caller& who, const check_to_execute& x) { return take(self, who, x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
