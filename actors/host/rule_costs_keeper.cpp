#include "actors/host/rule_costs_keeper.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace aops::actors {

namespace {

node_rule_costs here(const rule_costs_parts& parts, const std::string& owner) {
  node_rule_costs out;
  out.since_ms = parts.since_ms;
  if (owner.empty()) // A user who belongs to nobody.
    return out;
  for (const auto& x : parts.costs->of(owner))
    out.costs.push_back({x.check_item, x.evaluations, x.seconds});
  return out;
}

/// The sums over all nodes that told, the dearest first.
rule_costs_page page_of(const rule_costs_query& query,
                        const std::vector<surveyed_node>& nodes,
                        const std::vector<expected<node_rule_costs>>& answers) {
  rule_costs_page page;
  std::map<std::string, rule_cost> rules;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!answers[i]) {
      if (!nodes[i].is_gone) // Its hosts live elsewhere by now.
        page.missing_nodes.push_back(nodes[i].node);
      continue;
    }
    page.since = moment{std::max(answers[i]->since_ms, page.since.value_or(moment{}).ms)};
    for (const auto& x : answers[i]->costs) {
      auto& rule = rules[x.check_item];
      rule.evaluations += x.evaluations;
      rule.seconds += x.seconds;
      page.seconds += x.seconds;
    }
  }
  if (!page.missing_nodes.empty())
    page.code = code_partial;
  std::set<std::string> wanted(query.check_items.begin(), query.check_items.end());
  for (auto& [name, rule] : rules) {
    if (!wanted.empty() && !wanted.contains(name))
      continue;
    rule.check_item = name;
    rule.share = page.seconds > 0 ? rule.seconds / page.seconds : 0;
    rule.mean_us =
      rule.evaluations > 0 ? rule.seconds * 1e6 / static_cast<double>(rule.evaluations) : 0;
    page.rule_costs.push_back(std::move(rule));
  }
  std::stable_sort(page.rule_costs.begin(),
                   page.rule_costs.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return page;
}

} // namespace

rule_costs_actor::behavior_type rule_costs_keeper(rule_costs_pointer self, rule_costs_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller& who, const rule_costs_query& x) -> caf::result<rule_costs_page> {
      const auto& parts = self->state.parts;
      auto nodes = known_nodes(*parts.map, parts.node);
      auto promise = self->make_response_promise<rule_costs_page>();
      auto then = [promise, x, nodes](const std::vector<expected<node_rule_costs>>& told) mutable {
        promise.deliver(page_of(x, nodes, told));
      };
      survey_parts survey{*parts.names, parts.node, std::string{rule_costs_name}, parts.deadline};
      ask_nodes<rule_costs_actor, node_rule_costs>(
        self, survey, nodes, node_rule_costs_query{who.owner}, then);
      return promise;
    },
    [self](const node_rule_costs_query& x) { return here(self->state.parts, x.owner); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
