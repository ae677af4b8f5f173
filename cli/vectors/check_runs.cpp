#include "cli/vectors/vectors.hpp"
#include "messages/check.hpp"
#include "runtime/core/check/align.hpp"
#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/check/run.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace aops::vectors {

namespace {

using namespace aops::check;

/// Alignment knows no unit: the vectors' finest times are whole here.
constexpr double per_second = 1e6;
constexpr double default_period_s = 15;

int64_t scaled(const json& seconds, double unit) {
  return std::llround(seconds.get<double>() * unit);
}
int64_t ms(const json& seconds) { return scaled(seconds, 1000); }

json seconds(int64_t t, double unit) {
  auto units = static_cast<int64_t>(unit);
  return t % units == 0 ? json(t / units) : json(static_cast<double>(t) / unit);
}

int64_t period_of(const json& v, double unit) {
  return std::llround(v.value("period", default_period_s) * unit);
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// -- align, dedup, lookback

/// Keys `$0`, `$1`, … in the order of their numbers.
std::vector<std::string> item_keys(const json& data) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < data.size(); ++i)
    keys.push_back("$" + std::to_string(i));
  return keys;
}

json aligned(const json& v) {
  const auto& data = v.at("data");
  auto keys = item_keys(data);
  std::vector<std::vector<int64_t>> times;
  for (const auto& key : keys) {
    auto& t = times.emplace_back();
    for (const auto& point : data.at(key))
      t.push_back(scaled(point.at(0), per_second));
  }
  auto common =
    align(times, period_of(v, per_second), scaled(v.at("time_range").at(1), per_second));
  json result = json::object();
  for (size_t i = 0; i < keys.size() && !common.grid.empty(); ++i)
    for (size_t k = 0; k < common.grid.size(); ++k)
      result[keys[i]].push_back(
        {seconds(common.grid[k], per_second), data.at(keys[i]).at(common.pick[i][k]).at(1)});
  return {{"aligned", std::move(result)}};
}

/// `{}` and series that are all empty both mean no data.
judgement judge_align(const json& v) {
  json expected = wanted(v);
  if (auto series = expected.find("aligned"); series != expected.end())
    if (std::all_of(series->begin(), series->end(), [](auto& s) { return s.empty(); }))
      *series = json::object();
  return compare(expected, aligned(v));
}

judgement judge_dedup(const json& v) {
  std::vector<log_point> entries;
  for (const auto& e : v.at("data"))
    entries.push_back({scaled(e.at(0), per_second), text_of(e.at(1))});
  json data = json::array();
  for (const auto& e : joined_by_time(entries))
    data.push_back({seconds(e.time_ms, per_second), e.text});
  return compare(wanted(v), {{"data", std::move(data)}});
}

judgement judge_lookback(const json& v) {
  std::vector<data_item> items(2);
  items[0].name = "a";
  items[1].name = "b";
  auto program = expr::program::compile(v.at("condition").get<std::string>(), items);
  if (!program)
    return compare(wanted(v), {{"error", true}});
  return compare(wanted(v),
                 {{"lookback_s", seconds(lookback_ms(**program, period_of(v, 1000)), 1000)}});
}

// -- check_run

/// Absent and null both mean no labels.
label_set labels_in(const json& j) {
  auto label = j.find("label");
  return label != j.end() && label->is_object() ? label->get<label_set>() : label_set{};
}

check_rule rule_from(const json& j) {
  check_rule rule;
  rule.check_item = j.value("check_item", "");
  rule.condition = j.value("condition", "");
  rule.description = j.value("description", "");
  rule.plugin = j.value("plugin", "");
  for (const auto& d : j.at("data_list"))
    rule.data_list.push_back({d.value("name", ""), d.value("type", "kpi"), labels_in(d)});
  return rule;
}

label_set label_from(const json& series) {
  auto label = labels_in(series);
  for (const auto* name : {"__name__", "instance", "job"})
    label.erase(name);
  return label;
}

/// Whether an entry of an answer is about a data item.
bool is_about(const json& entry, const data_item& item) {
  return entry.value("name", "") == item.name &&
         (item.type == "log" || label_from(entry) == item.label);
}

bool names(const json& failed, const data_item& item) {
  if (failed.is_string())
    return failed.get_ref<const std::string&>() == item.name;
  return failed.contains("label") ? is_about(failed, item) : failed.value("name", "") == item.name;
}

number sample_from(const json& value) {
  if (value.is_number_integer())
    return number::of(value.get<int64_t>());
  if (value.is_number())
    return number::of(value.get<double>());
  if (!value.is_string())
    return expr::unreadable_sample;
  return expr::parse_sample(value.get_ref<const std::string&>()).value_or(expr::unreadable_sample);
}

/// The series of a host as its answer has them, in the order of the rule's data list.
struct answered_data {
  std::vector<std::vector<point>> points;
  std::vector<std::vector<log_point>> entries;
  run_data data;
};

void read_series(answered_data& out, size_t i, const data_item& item, const json& values) {
  for (const auto& v : values) {
    if (item.type == "log")
      out.entries[i].push_back({ms(v.at(0)), text_of(v.at(1))});
    else
      out.points[i].push_back({ms(v.at(0)), sample_from(v.at(1))});
  }
}

answered_data read_answer(const check_rule& rule, const json& answer) {
  answered_data out;
  size_t items = rule.data_list.size();
  out.points.resize(items);
  out.entries.resize(items);
  out.data.items.resize(items);
  int code = answer.value("code", 0);
  auto none = json::array();
  auto failed = answer.value("fail_list", none), found = answer.value("succeed_list", none);
  for (size_t i = 0; i < items; ++i) {
    const auto& item = rule.data_list[i];
    auto series =
      std::find_if(found.begin(), found.end(), [&](auto& s) { return is_about(s, item); });
    if (series != found.end())
      read_series(out, i, item, series->at("values"));
    out.data.items[i].points = out.points[i];
    out.data.items[i].entries = out.entries[i];
    out.data.items[i].failed =
      (code != 200 && code != 206) ||
      std::any_of(failed.begin(), failed.end(), [&](auto& f) { return names(f, item); });
  }
  return out;
}

void append_results(json& results, const json& host, const run_request& r, const run_result& run) {
  auto add = [&](int64_t start, int64_t end, result_value value) {
    results.push_back({{"host_id", host.at("host_id")},
                       {"start", seconds(start, 1000)},
                       {"end", seconds(end, 1000)},
                       {"value", to_string(value)}});
  };
  if (run.whole)
    add(r.start_ms, r.end_ms, *run.whole);
  for (const auto& p : run.points)
    add(p.time_ms, p.time_ms, p.value);
}

/// Fetching up to one period earlier than the vector says passes.
json shown_range(const json& expected, const time_range& fetched, int64_t period_ms) {
  if (!expected.contains("fetched_range"))
    return {seconds(fetched.from_ms, 1000), seconds(fetched.until_ms, 1000)};
  const auto& range = expected.at("fetched_range");
  int64_t earlier = ms(range.at(0)) - fetched.from_ms;
  bool fits = earlier >= 0 && earlier <= period_ms;
  return {fits ? range.at(0) : seconds(fetched.from_ms, 1000), seconds(fetched.until_ms, 1000)};
}

judgement judge_run(const json& v) {
  auto rule = rule_from(v.at("rule"));
  if (auto legal = validate(rule); !legal)
    return compare(wanted(v), {{"rule_rejected", true}});
  auto compiled = rule_set::build({{rule, "", 0}})->rules().front();
  run_request request;
  request.start_ms = ms(v.at("time_range").at(0));
  request.end_ms = ms(v.at("time_range").at(1));
  request.period_ms = period_of(v, 1000);
  json results = json::array();
  for (const auto& host : v.at("hosts")) {
    auto answer = v.at("data").value(host.at("public_ip").get<std::string>(), json::object());
    auto read = read_answer(rule, answer);
    append_results(results, host, request, run_rule(compiled, request, read.data));
  }
  auto range = shown_range(wanted(v), range_to_fetch(*compiled, request), request.period_ms);
  return compare(wanted(v), {{"fetched_range", std::move(range)}, {"results", results}});
}

} // namespace

judgement judge_check_run(const json& vector) {
  auto kind = vector.at("kind").get<std::string>();
  if (kind == "align")
    return judge_align(vector);
  if (kind == "dedup")
    return judge_dedup(vector);
  if (kind == "lookback")
    return judge_lookback(vector);
  if (kind == "check_run")
    return judge_run(vector);
  return {false, "a known kind", kind};
}

} // namespace aops::vectors
