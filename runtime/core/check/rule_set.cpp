#include "runtime/core/check/rule_set.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace aops::check {

namespace {

constexpr std::string_view built_in_plugin = "expression_rule_plugin";

bool known_plugin(std::string_view name) { return name.empty() || name == built_in_plugin; }

expected<void> validate_data_list(const std::vector<data_item>& list) {
  if (list.empty())
    return fail(ec::bad_request, "data_list: needs at least one entry");
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].name.empty())
      return fail(ec::bad_request, fmt::format("data_list[{}].name: must not be empty", i));
    if (list[i].type != "kpi" && list[i].type != "log")
      return fail(ec::bad_request, fmt::format("data_list[{}].type: must be kpi or log", i));
    for (size_t j = 0; j < i; ++j)
      if (list[j].name == list[i].name && list[j].label == list[i].label)
        return fail(ec::bad_request,
                    fmt::format("data_list[{}]: repeats name and labels of data_list[{}]", i, j));
  }
  return {};
}

expected<std::shared_ptr<const expr::program>> compile(const check_rule& rule) {
  if (rule.check_item.empty())
    return fail(ec::bad_request, "check_item: must not be empty");
  if (auto ok = validate_data_list(rule.data_list); !ok)
    return fail(ok.error());
  if (!known_plugin(rule.plugin))
    return fail(ec::bad_request, fmt::format("plugin: unknown plug-in '{}'", rule.plugin));
  if (rule.severity != "info" && rule.severity != "warning" && rule.severity != "critical")
    return fail(ec::bad_request, "severity: must be info, warning or critical");
  auto program = expr::program::compile(rule.condition, rule.data_list);
  if (!program)
    return fail(program.error().code, "condition: " + program.error().detail);
  return program;
}

nlohmann::json content_of(const check_rule& rule) {
  auto items = nlohmann::json::array();
  for (const auto& d : rule.data_list)
    items.push_back({{"name", d.name}, {"type", d.type}, {"label", d.label}});
  nlohmann::json content = {{"check_item", rule.check_item},
                            {"data_list", std::move(items)},
                            {"condition", rule.condition},
                            {"description", rule.description},
                            {"plugin", rule.plugin},
                            {"severity", rule.severity}};
  if (rule.host_group_list)
    content["host_group_list"] = *rule.host_group_list;
  return content;
}

rule_set::rule_ptr compiled(rule_source source, const rule_set* previous) {
  auto known = previous ? previous->find(source.rule.check_item) : nullptr;
  // The digest is given by whoever stored the rule, so the content decides what may be shared.
  bool same = known && known->digest == source.digest && known->rule == source.rule;
  if (same && known->since_ms == source.since_ms)
    return known;
  auto result = std::make_shared<compiled_rule>();
  if (same) {
    *result = *known;
  } else if (auto program = compile(source.rule)) {
    result->program = std::move(*program);
  } else {
    result->refusal = std::move(program.error().detail);
  }
  result->rule = std::move(source.rule);
  result->digest = std::move(source.digest);
  result->since_ms = source.since_ms;
  return result;
}

} // namespace

expected<void> validate(const check_rule& rule) {
  if (auto program = compile(rule); !program)
    return fail(std::move(program.error()));
  return {};
}

std::string digest_of(const check_rule& rule) {
  return base::sha256_hex(base::canonical_json(content_of(rule)));
}

bool applies_to(const check_rule& rule, std::span<const std::string> host_groups) {
  if (!rule.host_group_list)
    return true;
  const auto& wanted = *rule.host_group_list;
  return std::find_first_of(wanted.begin(), wanted.end(), host_groups.begin(), host_groups.end()) !=
         wanted.end();
}

int64_t lookback_ms(const expr::program& program, int64_t period_ms) {
  return std::max(program.lookback_ms(), int64_t{program.lookback_points()} * period_ms);
}

int64_t horizon_ms(const expr::program& program, int64_t period_ms) {
  return lookback_ms(program, period_ms) + period_ms;
}

std::shared_ptr<const rule_set> rule_set::build(std::vector<rule_source> rules,
                                                const rule_set* previous) {
  std::map<std::string, rule_ptr> by_item;
  for (auto& source : rules) {
    if (source.digest.empty())
      source.digest = digest_of(source.rule);
    auto item = source.rule.check_item;
    by_item[std::move(item)] = compiled(std::move(source), previous);
  }
  auto result = std::make_shared<rule_set>();
  auto summary = nlohmann::json::array();
  for (auto& [item, rule] : by_item) {
    summary.push_back({item, rule->digest});
    result->rules_.push_back(std::move(rule));
  }
  result->digest_ = base::sha256_hex(base::canonical_json(summary));
  return result;
}

rule_set::rule_ptr rule_set::find(std::string_view check_item) const {
  auto found =
    std::lower_bound(rules_.begin(), rules_.end(), check_item, [](auto& r, std::string_view item) {
      return r->rule.check_item < item;
    });
  return found != rules_.end() && (*found)->rule.check_item == check_item ? *found : nullptr;
}

int64_t rule_set::longest_horizon_ms(int64_t period_ms) const {
  int64_t longest = 0;
  for (const auto& r : rules_)
    if (r->program)
      longest = std::max(longest, horizon_ms(*r->program, period_ms));
  return longest;
}

std::vector<rule_set::rule_ptr> rule_set::for_host(std::span<const std::string> host_groups) const {
  std::vector<rule_ptr> result;
  std::copy_if(rules_.begin(), rules_.end(), std::back_inserter(result), [&](auto& r) {
    return applies_to(r->rule, host_groups);
  });
  return result;
}

} // namespace aops::check
