#include "cli/vectors/vectors.hpp"
#include "runtime/core/fault/condition.hpp"
#include "runtime/core/fault/mind_map.hpp"
#include "runtime/core/fault/plan.hpp"
#include "runtime/core/fault/report.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace aops::vectors {
namespace {

const json refused = {{"error", true}};

// -- kind `condition`

json run_condition(const json& vector) {
  fault::name_index names;
  auto truths = std::make_unique<bool[]>(vector.at("children").size());
  uint32_t next = 0;
  for (const auto& [name, truth] : vector.at("children").get_ref<const json::object_t&>()) {
    truths[next] = truth.get<bool>();
    names.emplace(name, next++);
  }
  auto parsed = fault::parse_condition(vector.at("condition").get<std::string>(), names);
  if (!parsed)
    return refused;
  return {{"value", parsed->value({truths.get(), next})}};
}

// -- kinds `diagnose` and `report`

using results_by_item = std::map<std::string, std::vector<fault::result>>;

/// The way of a report: adapted, evaluated, stored, and rendered from what was stored. Nothing for
/// an illegal tree.
std::optional<json>
report_of(const json& content, const results_by_item* results, fault::slice when) {
  auto parsed = fault::tree::parse(content);
  if (!parsed)
    return std::nullopt;
  auto tree = std::make_shared<const fault::tree>(std::move(*parsed));
  auto adapted = fault::adapt(tree, {});
  if (!adapted)
    return std::nullopt;
  const auto& names = (*adapted)->items();
  fault::reporter reporter(*adapted, std::vector<fault::item_rule>(names.size(), {"1", ""}));
  fault::report report;
  if (results == nullptr) {
    report = reporter.unreadable("the check results cannot be read");
  } else {
    std::vector<fault::item_data> items(names.size());
    for (size_t i = 0; i < items.size(); ++i)
      if (auto found = results->find(names[i]); found != results->end())
        items[i].results = found->second;
    report = reporter.make(when, items);
  }
  auto text = fault::report_text(tree, report.values);
  if (!text)
    return json(text.error().detail);
  return json::parse(*text);
}

json run_diagnose(const json& vector) {
  results_by_item results;
  auto read = [&](const char* list, fault::leaf_state value) {
    for (const auto& item : vector.at("check_results").at(list))
      results[item.get<std::string>()].push_back({0, 0, value});
  };
  read("abnormal", fault::leaf_state::abnormal);
  read("no_data", fault::leaf_state::no_data);
  read("internal_error", fault::leaf_state::internal_error);
  auto report = report_of(vector.at("tree"), &results, {0, 0});
  if (!report)
    return refused;
  return {{"tree", *report}};
}

json run_report(const json& vector) {
  const auto& message = vector.at("message");
  const auto& response = vector.at("check_response");
  auto code = response.value("code", 0);
  bool is_read = (code == 200 || code == 206) && response.contains("check_result");
  results_by_item results;
  if (is_read)
    for (const auto& x : response.at("check_result"))
      // The response is that of the query for this slice, so every row counts.
      results[x.at("check_item").get<std::string>()].push_back(
        {0, 0, fault::state_of(x.at("value").get<std::string>())});
  auto report =
    report_of(message.value("tree_content", json()), is_read ? &results : nullptr, {0, 0});
  const auto& range = message.at("time_range");
  json out = {
    {"start", range.at(0)}, {"end", range.at(1)}, {"report", report.value_or(json::object())}};
  for (auto member : {"username", "host_id", "tree_name", "task_id"})
    out[member] = message.at(member);
  return {{"report", out}};
}

// -- kinds `slices` and `jobs`

/// Whole seconds as milliseconds, when they fit.
std::optional<int64_t> milliseconds(const json& seconds) {
  constexpr int64_t limit = INT64_MAX / 1000;
  if (!seconds.is_number_integer())
    return std::nullopt;
  auto value = seconds.get<int64_t>();
  if (value > limit || value < -limit)
    return std::nullopt;
  return value * 1000;
}

json seconds(fault::slice x) { return {x.start_ms / 1000, x.end_ms / 1000}; }

json run_slices(const json& vector) {
  const auto& range = vector.at("time_range");
  if (range.size() != 2)
    return refused;
  auto start = milliseconds(range.at(0));
  auto end = milliseconds(range.at(1));
  auto interval = milliseconds(vector.at("interval"));
  if (!start || !end || !interval)
    return refused;
  auto cut = fault::slices(*start, *end, *interval);
  if (!cut)
    return refused;
  auto list = json::array();
  for (auto x : *cut)
    list.push_back(seconds(x));
  return {{"slices", list}};
}

json run_jobs(const json& vector) {
  const auto& request = vector.at("request");
  fault::plan_request asked;
  asked.host_list = request.at("host_list").get<std::vector<std::string>>();
  asked.tree_list = request.at("tree_list").get<std::vector<std::string>>();
  asked.start_ms = milliseconds(request.at("time_range").at(0)).value_or(0);
  asked.end_ms = milliseconds(request.at("time_range").at(1)).value_or(0);
  asked.interval_ms = milliseconds(request.at("interval")).value_or(0);
  std::vector<std::string> known_trees;
  for (const auto& [name, content] : vector.at("stored_trees").items())
    if (!content.empty())
      known_trees.push_back(name);
  auto known_hosts = vector.at("valid_hosts").get<std::vector<std::string>>();
  auto plan = fault::make_plan(asked, known_hosts, known_trees);
  if (!plan)
    return {{"failed", plan.error().detail}, {"expected_report_num", 0}, {"messages", 0}};
  auto messages = json::array();
  for (const auto& unit : fault::units_of(*plan, 1))
    for (const auto& tree : plan->trees)
      messages.push_back({{"topic", "DIAGNOSE_EXECUTE_REQ"},
                          {"username", request.at("username")},
                          {"host_id", plan->hosts[unit.host]},
                          {"tree_name", tree},
                          {"time_range", seconds(plan->slices[unit.first_slice])}});
  auto count = plan->expected_reports();
  return {{"expected_report_num", count},
          {"saved_task",
           {{"host_list", plan->hosts},
            {"tree_list", plan->trees},
            {"time_range", request.at("time_range")},
            {"expected_report_num", count}}},
          {"messages", messages}};
}

/// The order of messages need not be kept.
json without_order(json result) {
  if (auto found = result.find("messages"); found != result.end() && found->is_array())
    std::sort(found->begin(), found->end());
  return result;
}

// -- kind `excel`

json run_excel(const json& vector) {
  auto tree = fault::from_rows(vector.at("sheet").get<std::vector<std::vector<std::string>>>());
  if (!tree)
    return refused;
  return {{"tree", json(*tree)}};
}

} // namespace

judgement judge_diagnosis(const json& vector) {
  static const std::map<std::string, std::function<json(const json&)>, std::less<>> kinds = {
    {"condition", run_condition},
    {"diagnose", run_diagnose},
    {"report", run_report},
    {"slices", run_slices},
    {"jobs", run_jobs},
    {"excel", run_excel}};
  auto kind = kinds.find(vector.value("kind", ""));
  if (kind == kinds.end())
    return {false, wanted(vector).dump(), "unknown kind of vector"};
  try {
    return compare(without_order(wanted(vector)), without_order(kind->second(vector)));
  } catch (const json::exception& e) { // A member is missing or of another type.
    return {false, wanted(vector).dump(), std::string("the vector does not read: ") + e.what()};
  }
}

} // namespace aops::vectors
