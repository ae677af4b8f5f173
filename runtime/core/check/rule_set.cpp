#include "runtime/core/check/rule_set.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/base/units.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/query_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace aops::check {

namespace {

constexpr std::string_view built_in_plugin = "expression_rule_plugin";

/// In the order of `no_data_policy`.
constexpr std::array<std::string_view, 4> policies = {"", "keep", "alert", "ignore"};

constexpr std::array<std::string_view, 6> aggregations = {"", "sum", "avg", "min", "max", "count"};

std::string field_of(size_t i, std::string_view member) {
  return fmt::format("data_list[{}].{}", i, member);
}

tl::unexpected<error> refused(size_t i, std::string_view member, std::string_view why) {
  return fail(ec::bad_request, field_of(i, member) + ": " + std::string(why));
}

/// What the members of an item for matches may look like together.
expected<void> validate_match(size_t i, const data_item& item, bool has_log) {
  if (!item.match) {
    const char* lone = !item.agg.empty() ? "agg" : item.by ? "by" : item.on ? "on" : nullptr;
    if (item.ignoring && lone == nullptr)
      lone = "ignoring";
    return lone != nullptr ? expected<void>(refused(i, lone, "needs match")) : expected<void>();
  }
  if (item.type == "log") {
    const char* other = !item.agg.empty() ? "agg"
                        : item.by         ? "by"
                        : item.on         ? "on"
                        : item.ignoring   ? "ignoring"
                                          : nullptr;
    return other != nullptr ? expected<void>(refused(i, other, "not of a log")) : expected<void>();
  }
  if (has_log)
    return refused(i, "match", "not beside a log");
  if (!item.label.empty())
    return refused(i, "match", "not together with label");
  if (item.name == up_series || item.name == duration_series)
    return refused(i, "match", "the host's own series has no labels");
  if (std::find(aggregations.begin(), aggregations.end(), item.agg) == aggregations.end())
    return refused(i, "agg", "must be sum, avg, min, max or count");
  if (item.by && item.agg.empty())
    return refused(i, "by", "needs agg");
  if (item.on && item.ignoring)
    return refused(i, "ignoring", "not together with on");
  const char* join = item.on ? "on" : item.ignoring ? "ignoring" : nullptr;
  if (join != nullptr && i == 0)
    return refused(i, join, "$0 joins nothing");
  if (join != nullptr && !item.agg.empty())
    return refused(i, join, "an aggregate joins on what it is grouped by");
  return {};
}

bool are_the_same(const data_item& a, const data_item& b) {
  return mean_the_same(a, b) && a.agg == b.agg && a.by == b.by && a.on == b.on &&
         a.ignoring == b.ignoring;
}

expected<std::vector<compiled_item>> compile_data_list(const std::vector<data_item>& list) {
  if (list.empty())
    return fail(ec::bad_request, "data_list: needs at least one entry");
  bool has_log =
    std::any_of(list.begin(), list.end(), [](const data_item& x) { return x.type == "log"; });
  std::vector<compiled_item> items;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].name.empty())
      return refused(i, "name", "must not be empty");
    if (list[i].type != "kpi" && list[i].type != "log")
      return refused(i, "type", "must be kpi or log");
    if (auto ok = validate_match(i, list[i], has_log); !ok)
      return fail(ok.error());
    for (size_t j = 0; j < i; ++j)
      if (are_the_same(list[j], list[i]))
        return fail(ec::bad_request,
                    fmt::format("data_list[{}]: repeats name and labels of data_list[{}]", i, j));
    compiled_item item;
    item.item = list[i];
    if (list[i].match) {
      auto match = selector::compile(*list[i].match);
      if (!match)
        return fail(ec::bad_request, field_of(i, "match.") + match.error().detail);
      (list[i].type == "log" ? item.lines : item.match) = std::move(*match);
      item.agg = static_cast<aggregation>(
        std::find(aggregations.begin(), aggregations.end(), list[i].agg) - aggregations.begin());
    }
    items.push_back(std::move(item));
  }
  return items;
}

/// The series behind the names of facts, in the order of `expr::fact_names`.
std::vector<compiled_item> fact_items() {
  static const std::vector<compiled_item> items = [] {
    compiled_item cpus, memory;
    cpus.item.name = "node_cpu_seconds_total";
    cpus.item.match = std::map<std::string, std::string>{{"mode", "idle"}};
    cpus.item.agg = "count";
    cpus.agg = aggregation::count;
    cpus.match = *selector::compile(*cpus.item.match);
    memory.item.name = "node_memory_MemTotal_bytes";
    return std::vector{cpus, memory};
  }();
  return items;
}

expected<int64_t> compile_duration(std::string_view field, const std::string& text) {
  if (text.empty())
    return 0;
  auto length = base::parse_duration(text);
  if (!length)
    return fail(ec::bad_request, fmt::format("{}: {}", field, length.error().detail));
  return length->ms;
}

expected<std::vector<rule_text>>
compile_texts(std::string_view field, const label_set& texts, bool may_be_templates) {
  std::vector<rule_text> out;
  for (const auto& [name, text] : texts) {
    if (name.empty() || name == promql::metric_name)
      return fail(ec::bad_request, fmt::format("{}: invalid name '{}'", field, name));
    auto made = rulefile::template_text::parse(text);
    if (!made)
      return fail(ec::bad_request, fmt::format("{}: {}: {}", field, name, made.error().detail));
    if (!may_be_templates && !made->is_plain())
      return fail(ec::bad_request,
                  fmt::format("{}: {}: a recording rule has no templates", field, name));
    out.push_back({name, std::move(*made)});
  }
  return out;
}

/// What a rule that records must not have.
expected<void> validate_recording(const check_rule& rule) {
  if (!promql::is_utf8(rule.record))
    return fail(ec::bad_request, "record: is no name of a metric");
  if (rule.record == up_series || rule.record == duration_series)
    return fail(ec::bad_request, fmt::format("record: {} is the host's own series", rule.record));
  for (auto [field, is_there] : {std::pair("for", !rule.for_.empty()),
                                 std::pair("keep_firing_for", !rule.keep_firing_for.empty()),
                                 std::pair("annotations", !rule.annotations.empty()),
                                 std::pair("flapping", !rule.flapping.empty())})
    if (is_there)
      return fail(ec::bad_request, fmt::format("{}: a recording rule has none", field));
  for (const auto& [name, text] : rule.labels)
    if (host_label_bit(name) != 0)
      return fail(ec::bad_request, fmt::format("labels: {} is the host's", name));
  return {};
}

/// What only rules with queries have.
expected<void> validate_without_query(const check_rule& rule) {
  for (auto [field, is_there] : {std::pair("labels", !rule.labels.empty()),
                                 std::pair("annotations", !rule.annotations.empty()),
                                 std::pair("record", !rule.record.empty()),
                                 std::pair("group", !rule.group.empty()),
                                 std::pair("position", rule.position.has_value())})
    if (is_there)
      return fail(ec::bad_request, fmt::format("{}: needs the plug-in {}", field, query_plugin));
  return {};
}

expected<void> compile_query(const check_rule& rule, compiled_rule& to) {
  if (!rule.data_list.empty())
    return fail(ec::bad_request, "data_list: a query names its series itself");
  if (!rule.recover.empty())
    return fail(ec::bad_request, "recover: not with the plug-in promql; see keep_firing_for");
  auto plan = plan_query(rule.condition);
  if (!plan)
    return fail(plan.error().code, "condition: " + plan.error().detail);
  if (!rule.record.empty())
    if (auto fine = validate_recording(rule); !fine)
      return fine;
  if (!rule.group.empty())
    if (auto why = why_not_per_host(plan->query); !why.empty())
      return fail(ec::bad_request,
                  fmt::format("condition: rule {} of group {}: {}",
                              promql::in_quotes(rule.check_item),
                              promql::in_quotes(rule.group),
                              why));
  auto labels = compile_texts("labels", rule.labels, rule.record.empty());
  if (!labels)
    return fail(labels.error());
  auto annotations = compile_texts("annotations", rule.annotations, true);
  if (!annotations)
    return fail(annotations.error());
  compiled_query out;
  out.query = std::move(plan->query);
  out.lookback_ms = plan->lookback_ms;
  out.labels = std::move(*labels);
  out.annotations = std::move(*annotations);
  to.query = std::make_shared<const compiled_query>(std::move(out));
  to.items = std::move(plan->items);
  return {};
}

/// Rules that learn what is usual: one item, whose series are judged one by one.
expected<void>
compile_learning(const check_rule& rule, std::vector<compiled_item> items, compiled_rule& to) {
  if (auto fine = validate_without_query(rule); !fine)
    return fine;
  if (items.size() != 1)
    return fail(ec::bad_request,
                fmt::format("data_list: the plug-in {} takes one entry", rule.plugin));
  if (items[0].item.type != "kpi")
    return refused(0, "type", "must be kpi with the plug-in " + rule.plugin);
  if (items[0].agg != aggregation::none)
    return refused(0, "agg", "not with the plug-in " + rule.plugin + ": record the sum first");
  if (!rule.recover.empty())
    return fail(ec::bad_request,
                fmt::format("recover: not with the plug-in {}; see keep_firing_for", rule.plugin));
  if (rule.plugin == seasonal_plugin) {
    auto terms = read_seasonal(rule.condition);
    if (!terms)
      return fail(terms.error().code, "condition: " + terms.error().detail);
    to.seasonal = std::make_shared<const seasonal_terms>(*terms);
  } else {
    auto terms = read_outside(rule.plugin, rule.condition);
    if (!terms)
      return fail(terms.error().code, "condition: " + terms.error().detail);
    to.outside = std::make_shared<const outside_terms>(std::move(*terms));
  }
  to.items = std::move(items);
  return {};
}

expected<void>
compile_condition(const check_rule& rule, std::vector<compiled_item> items, compiled_rule& to) {
  if (auto fine = validate_without_query(rule); !fine)
    return fine;
  auto program = expr::program::compile(rule.condition, rule.data_list);
  if (!program)
    return fail(program.error().code, "condition: " + program.error().detail);
  if (!rule.recover.empty()) {
    auto recover = expr::program::compile(rule.recover, rule.data_list);
    if (!recover)
      return fail(recover.error().code, "recover: " + recover.error().detail);
    to.recover = std::move(*recover);
  }
  to.program = std::move(*program);
  to.items = std::move(items);
  auto count = to.items.size();
  if (std::max(to.program->item_count(), to.recover ? to.recover->item_count() : 0) > count)
    for (auto& fact : fact_items()) {
      auto i = to.items.size();
      fact.is_needed = to.program->uses(i) || (to.recover && to.recover->uses(i));
      if (fact.is_needed && to.has_logs())
        return fail(ec::bad_request, "condition: facts of the host are not known beside a log");
      to.items.push_back(std::move(fact));
    }
  return {};
}

/// Fills in what follows from the rule.
expected<void> compile(const check_rule& rule, compiled_rule& to) {
  if (rule.check_item.empty())
    return fail(ec::bad_request, "check_item: must not be empty");
  expected<std::vector<compiled_item>> items;
  if (!is_query(rule))
    items = compile_data_list(rule.data_list);
  if (!items)
    return fail(items.error());
  if (rule.severity != "info" && rule.severity != "warning" && rule.severity != "critical")
    return fail(ec::bad_request, "severity: must be info, warning or critical");
  auto policy = std::find(policies.begin(), policies.end(), rule.no_data);
  if (policy == policies.end())
    return fail(ec::bad_request, "no_data: must be keep, alert or ignore");
  to.no_data = static_cast<no_data_policy>(policy - policies.begin());
  auto for_ms = compile_duration("for", rule.for_);
  if (!for_ms)
    return fail(for_ms.error());
  to.for_ms = *for_ms;
  auto keep_ms = compile_duration("keep_firing_for", rule.keep_firing_for);
  if (!keep_ms)
    return fail(keep_ms.error());
  to.keep_firing_ms = *keep_ms;
  return is_query(rule)             ? compile_query(rule, to)
         : is_expression_rule(rule) ? compile_condition(rule, std::move(*items), to)
                                    : compile_learning(rule, std::move(*items), to);
}

void put(nlohmann::json& to, const char* name, const std::string& x) {
  if (!x.empty())
    to[name] = x;
}

template <class T>
void put(nlohmann::json& to, const char* name, const maybe<T>& x) {
  if (x)
    to[name] = *x;
}

nlohmann::json content_of(const check_rule& rule) {
  auto items = nlohmann::json::array();
  for (const auto& d : rule.data_list) {
    auto& item =
      items.emplace_back(nlohmann::json{{"name", d.name}, {"type", d.type}, {"label", d.label}});
    // What is not said is left out: so rules of before keep their digests.
    put(item, "match", d.match);
    put(item, "agg", d.agg);
    put(item, "by", d.by);
    put(item, "on", d.on);
    put(item, "ignoring", d.ignoring);
  }
  nlohmann::json content = {{"check_item", rule.check_item},
                            {"data_list", std::move(items)},
                            {"condition", rule.condition},
                            {"description", rule.description},
                            {"plugin", rule.plugin},
                            {"severity", rule.severity}};
  put(content, "host_group_list", rule.host_group_list);
  put(content, "for", rule.for_);
  put(content, "keep_firing_for", rule.keep_firing_for);
  put(content, "recover", rule.recover);
  put(content, "no_data", rule.no_data);
  put(content, "flapping", rule.flapping);
  put(content, "record", rule.record);
  put(content, "group", rule.group);
  put(content, "position", rule.position);
  if (!rule.labels.empty())
    content["labels"] = rule.labels;
  if (!rule.annotations.empty())
    content["annotations"] = rule.annotations;
  return content;
}

rule_set::rule_ptr compiled(rule_source source, const rule_set* previous) {
  auto known = previous ? previous->find(source.rule.check_item) : nullptr;
  // The digest is given by whoever stored the rule, so the content decides what may be shared.
  bool same = known && known->digest == source.digest && known->rule == source.rule;
  if (same && known->since_ms == source.since_ms)
    return known;
  auto result = std::make_shared<compiled_rule>();
  if (same)
    *result = *known;
  else if (auto ok = compile(source.rule, *result); !ok)
    result->refusal = std::move(ok.error().detail);
  result->rule = std::move(source.rule);
  result->digest = std::move(source.digest);
  result->since_ms = source.since_ms;
  return result;
}

} // namespace

bool is_expression_rule(const check_rule& rule) {
  return rule.plugin.empty() || rule.plugin == built_in_plugin;
}

expected<void> validate(const check_rule& rule) {
  compiled_rule compiled;
  if (auto ok = compile(rule, compiled); !ok || !compiled.program)
    return ok;
  if (auto ok = compiled.program->literal_comparisons(); !ok)
    return fail(ok.error().code, "condition: " + ok.error().detail);
  if (!compiled.recover)
    return {};
  if (auto ok = compiled.recover->literal_comparisons(); !ok)
    return fail(ok.error().code, "recover: " + ok.error().detail);
  return {};
}

bool mean_the_same(const data_item& a, const data_item& b) {
  return a.name == b.name && a.label == b.label && a.match == b.match;
}

bool belongs_to(const data_item& item, const label_set& series, const label_set& instance) {
  auto agree = [](const label_set& a, const label_set& b, const std::string& name) {
    auto x = a.find(name), y = b.find(name);
    if (x == a.end() || y == b.end()) // An absent label is the empty text.
      return (x == a.end() || x->second.empty()) && (y == b.end() || y->second.empty());
    return x->second == y->second;
  };
  if (item.on)
    return std::all_of(item.on->begin(), item.on->end(), [&](const std::string& name) {
      return agree(series, instance, name);
    });
  if (item.by) // A group lacks what all its series lack.
    return std::all_of(item.by->begin(), item.by->end(), [&](const std::string& name) {
      return !instance.contains(name) || agree(series, instance, name);
    });
  return std::all_of(series.begin(), series.end(), [&](const auto& label) {
    bool is_ignored =
      item.ignoring &&
      std::find(item.ignoring->begin(), item.ignoring->end(), label.first) != item.ignoring->end();
    auto found = instance.find(label.first);
    return is_ignored || found == instance.end() || found->second == label.second;
  });
}

bool compiled_rule::has_matches() const {
  return std::any_of(items.begin(), items.end(), [](const compiled_item& x) {
    return x.is_needed && x.match != nullptr;
  });
}

bool compiled_rule::has_logs() const {
  return std::any_of(
    items.begin(), items.end(), [](const compiled_item& x) { return x.item.type == "log"; });
}

bool compiled_rule::has_instances() const {
  return query || (!items.empty() && items[0].match != nullptr &&
                   (items[0].agg == aggregation::none || items[0].item.by));
}

firing_terms compiled_rule::terms(int64_t period_ms) const {
  return {period_ms, for_ms, keep_firing_ms, recover != nullptr, no_data};
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

int64_t horizon_ms(const compiled_rule& rule, int64_t period_ms) {
  if (rule.query)
    return rule.query->lookback_ms + period_ms;
  if (rule.outside)
    return rule.outside->history_ms + period_ms;
  if (!rule.program)
    return period_ms;
  auto horizon = horizon_ms(*rule.program, period_ms);
  return rule.recover ? std::max(horizon, horizon_ms(*rule.recover, period_ms)) : horizon;
}

int64_t history_ms(const compiled_rule& rule, int64_t period_ms) {
  auto horizon = horizon_ms(rule, period_ms);
  if (rule.seasonal) // Hours of it are remembered, not its points.
    horizon = std::max(horizon, rule.seasonal->lookback_ms());
  return horizon + rule.terms(period_ms).lead_ms();
}

namespace {

using rules_by_item = std::map<std::string, rule_set::rule_ptr>;

/// Each rule that needs it learns what the others record.
recorded_names tell_recorded(rules_by_item& rules, recorded_names names) {
  std::vector<const compiled_rule*> recording;
  for (const auto& [item, rule] : rules)
    if (rule->records())
      recording.push_back(rule.get());
  std::stable_sort(recording.begin(), recording.end(), [](auto* a, auto* b) {
    return is_recorded_before(a->rule, b->rule);
  });
  for (int pass = 0; pass < 2; ++pass) // What is recorded of what a later group records.
    for (const auto* x : recording) {
      auto mask = host_labels_of(x->query->query.root(), names);
      auto [known, is_new] = names.try_emplace(x->rule.record, mask);
      if (!is_new)
        known->second = known->second & mask;
    }
  std::shared_ptr<const recorded_names> shared;
  for (auto& [item, rule] : rules) {
    if (!rule->query || (rule->query->recorded ? *rule->query->recorded == names : names.empty()))
      continue;
    if (!shared)
      shared = std::make_shared<const recorded_names>(names);
    auto query = *rule->query;
    query.recorded = shared;
    auto told = std::make_shared<compiled_rule>(*rule);
    told->query = std::make_shared<const compiled_query>(std::move(query));
    rule = std::move(told);
  }
  return names;
}

} // namespace

bool is_recorded_before(const check_rule& a, const check_rule& b) {
  auto key = [](const check_rule& x) {
    return std::tuple(std::string_view(x.group), x.position.value_or(0));
  };
  return key(a) < key(b);
}

std::shared_ptr<const rule_set> rule_set::build(std::vector<rule_source> rules,
                                                const rule_set* previous,
                                                const recorded_names& known) {
  rules_by_item by_item;
  for (auto& source : rules) {
    if (source.digest.empty())
      source.digest = digest_of(source.rule);
    auto item = source.rule.check_item;
    by_item[std::move(item)] = compiled(std::move(source), previous);
  }
  auto result = std::make_shared<rule_set>();
  result->recorded_ = tell_recorded(by_item, known);
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

int64_t rule_set::longest_history_ms(int64_t period_ms) const {
  int64_t longest = 0;
  for (const auto& r : rules_)
    if (!r->is_refused())
      longest = std::max(longest, history_ms(*r, period_ms));
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
