#include "cli/aops/unit/group_rules.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "runtime/core/rulefile/rule_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace aops::cli {

namespace {

constexpr std::array<std::string_view, 3> severities = {"info", "warning", "critical"};

std::string node_duration(int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

/// Its name, and a number from the second of that name on.
std::string unique_name(const std::string& name, std::map<std::string, int>& used) {
  auto count = ++used[name];
  return count == 1 ? name : unique_name(fmt::format("{}#{}", name, count), used);
}

json template_texts(const std::vector<rulefile::named_text>& all) {
  json out = json::object();
  for (const auto& x : all)
    out[x.name] = x.text;
  return out;
}

json node_rule(const rulefile::rule_group& group, size_t i, std::map<std::string, int>& used) {
  const auto& x = group.rules[i];
  json out{{"check_item", unique_name(x.name, used)},
           {"plugin", "promql"},
           {"data_list", json::array()},
           {"condition", x.expression},
           {"group", group.name},
           {"position", i}};
  auto labels = template_texts(x.labels);
  if (!x.is_alert) {
    out["record"] = x.name;
  } else {
    if (out["check_item"] != x.name && !labels.contains("alertname"))
      labels["alertname"] = x.name;
    auto severity = text_of(labels, "severity");
    if (std::find(severities.begin(), severities.end(), severity) != severities.end())
      out["severity"] = severity;
    if (x.for_ms > 0)
      out["for"] = node_duration(x.for_ms);
    if (x.keep_firing_ms > 0)
      out["keep_firing_for"] = node_duration(x.keep_firing_ms);
    out["no_data"] = "ignore"; // As Prometheus: what is not there is no alert.
    if (!x.annotations.empty())
      out["annotations"] = template_texts(x.annotations);
  }
  if (!labels.empty())
    out["labels"] = std::move(labels);
  return out;
}

} // namespace

bool has_rule_groups(const json& content) {
  return content.is_object() && content.contains("groups") && !content.contains("check_items");
}

expected<group_rules> rules_of_groups(const std::string& name, const json& content) {
  auto groups = rulefile::read_groups(content);
  if (!groups)
    return fail(ec::bad_request, fmt::format("{}: {}", name, groups.error().detail));
  group_rules out;
  out.check_items = json::array();
  std::map<std::string, int> used;
  for (const auto& group : *groups) {
    if (group.interval_ms > 0)
      out.notes.push_back(
        tr("group {}: its interval is left out: nodes judge at check.sample_period", group.name));
    for (auto [field, is_there] :
         {std::pair("limit", group.limit > 0), std::pair("query_offset", group.offset_ms != 0)})
      if (is_there)
        return fail(ec::bad_request, tr("{}: group {}: nodes have no {}", name, group.name, field));
    for (size_t i = 0; i < group.rules.size(); ++i)
      out.check_items.push_back(node_rule(group, i, used));
  }
  return out;
}

} // namespace aops::cli
