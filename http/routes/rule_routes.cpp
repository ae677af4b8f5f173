#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/data.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/hosts.hpp"
#include "messages/roles/rule_cost.hpp"
#include "messages/time_ranges.hpp"

namespace aops::http {

namespace {

/// Asks the actor of one host, which answers its owner's users only. That a host exists, and is
/// seen by the caller, is known to the store: nobody answers in the name of one that does not.
/// ec::bad_request for who sees no such host.
template <class Reply, class Request>
expected<Reply> ask_host(const node_port& port, const request_context& context, Request request) {
  auto found = ask_actor<host_store_actor, host_records>(
    port, actors::host_store_name, context, seen_hosts_query{{request.host_id}});
  if (!found)
    return fail(std::move(found.error()));
  if (found->hosts.empty())
    return fail(ec::bad_request, "host_id: no such host");
  auto whom = actors::host_name_of(request.host_id); // Before the request is moved from.
  return ask_actor<host_view_actor, Reply>(port, whom, context, std::move(request));
}

} // namespace

std::vector<route> rule_routes(const node_port& port) {
  using role = rule_store_actor;
  auto name = actors::rule_store_name;
  return {
    once_for_key(ask<rule_intake_actor, rules_to_import, rules_imported>(
      port,
      method::post,
      "/check/rule/import",
      may::administrator,
      actors::rule_intake_name,
      "Import check rules; an existing name is replaced.")),
    ask<role, rules_query, rules_page>(
      port, method::post, "/check/rule/get", may::user, name, "List check rules."),
    ask<role, rules_to_delete, done>(port,
                                     method::remove,
                                     "/check/rule/delete",
                                     may::administrator,
                                     name,
                                     "Delete check rules; their results stay."),
    ask<role, count_rules, rules_counted>(
      port, method::post, "/check/rule/count", may::user, name, "Count check rules."),
    ask<rule_costs_actor, rule_costs_query, rule_costs_page>(
      port,
      method::post,
      "/check/rule/cost/get",
      may::user,
      actors::rule_costs_name,
      "What judging each rule takes of the processors, on all nodes."),
    only_reading(make_route<rule_to_test, rule_tested>(
      method::post,
      "/check/rule/test",
      may::user,
      "Judge a rule on stored samples of a host; stores nothing.",
      [port](const request_context& c, rule_to_test x) {
        return ask_host<rule_tested>(port, c, std::move(x));
      })),
    only_reading(make_route<condition_to_eval, condition_evaluated>(
      method::post,
      "/check/condition/eval",
      may::user,
      "Judge a condition on stored samples of a host; stores nothing.",
      [port](const request_context& c, condition_to_eval x) {
        return ask_host<condition_evaluated>(port, c, std::move(x));
      })),
    make_route<series_query, series_page>(
      method::post,
      "/check/series/get",
      may::user,
      "List the series of a host with their labels and last values.",
      [port](const request_context& c, series_query x) {
        return ask_host<series_page>(port, c, std::move(x));
      }),
    ask<samples_actor, samples_to_get, samples_found>(
      port,
      method::post,
      "/check/series/data/get",
      may::user,
      actors::samples_name,
      "Read what hosts measured in a time range, or as many points of it as are drawn."),
  };
}

} // namespace aops::http
