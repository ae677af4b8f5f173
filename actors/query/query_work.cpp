#include "actors/query/query_work.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/core/promql/print.hpp"
#include "runtime/core/promql/result_json.hpp"

#include <set>

namespace aops::actors {

namespace {

using promql::labels;
using promql::matcher;

constexpr std::string_view truncated = "results truncated due to limit";
constexpr size_t most_series = 100'000; ///< Of one selector.

std::string invalid(std::string_view parameter, std::string_view why) {
  return fmt::format("invalid parameter \"{}\": {}", parameter, why);
}

/// Errors while a query is carried out; those of reading it are told apart before.
error told(error e) {
  switch (e.code) {
  case ec::bad_request:
  case ec::overloaded:
    return {ec::query_failed, std::move(e.detail)};
  case ec::cancelled:
    return {ec::timed_out, "query timed out in expression evaluation"};
  default:
    return e;
  }
}

promql::engine_options options_for(const query_bounds& within, const query_place& at) {
  promql::engine_options o;
  if (within.lookback_ms > 0)
    o.lookback_ms = within.lookback_ms;
  o.most_samples = source_limits{}.most_points;
  o.most_series = most_series;
  o.cancelled = &at.cancelled;
  return o;
}

expected<query_answer>
answer_with(expected<promql::result> found, const query_bounds& within, int64_t time_ms) {
  if (!found)
    return fail(told(std::move(found.error())));
  query_answer out;
  if (within.most > 0 && promql::truncate(*found, static_cast<size_t>(within.most)))
    out.warnings.emplace_back(truncated);
  if (promql::json_bytes(*found) > most_answer_bytes)
    return fail(ec::query_failed, "the result is larger than one answer may be");
  out.warnings.insert(out.warnings.end(), found->warnings.begin(), found->warnings.end());
  out.infos = std::move(found->infos);
  out.data = promql::to_json(*found, time_ms);
  return out;
}

expected<promql::query> parsed(const std::string& text) {
  auto query = promql::query::parse(text);
  if (!query)
    return fail(ec::bad_request, invalid("query", query.error().detail));
  return query;
}

expected<std::vector<std::vector<matcher>>> selectors(const std::vector<std::string>& match) {
  std::vector<std::vector<matcher>> out;
  for (const auto& text : match) {
    auto one = promql::parse_selector(text);
    if (!one)
      return fail(ec::bad_request, invalid("match[]", one.error().detail));
    out.push_back(std::move(*one));
  }
  return out;
}

/// How much a list holds at most, and whether that is what the client allowed.
size_t room_for(const query_bounds& within) {
  auto most = static_cast<size_t>(std::max<int64_t>(within.most, 0));
  return most == 0 ? most_listed : std::min(most, most_listed);
}

/// Texts of a list that may hold so many.
query_answer listed(const std::set<std::string>& all, const query_bounds& within) {
  query_answer out;
  size_t left = room_for(within);
  out.data = "[";
  for (const auto& x : all) {
    if (left-- == 0) {
      out.warnings.emplace_back(truncated);
      break;
    }
    if (out.data.size() > 1)
      out.data += ',';
    base::append_canonical_text(out.data, x);
  }
  out.data += ']';
  return out;
}

/// Sets of names do not grow beyond what a list holds.
bool has_room(const std::set<std::string>& all) { return all.size() <= most_listed; }

/// The family of a metric, and of what type it is taken to be: exporters' words are not kept.
std::pair<std::string, std::string_view> family_of(const std::string& name,
                                                   const std::set<std::string>& all) {
  std::string_view text = name;
  if (text.ends_with("_total"))
    return {name, "counter"};
  for (std::string_view end : {"_bucket", "_sum", "_count"})
    if (text.ends_with(end)) {
      auto family = name.substr(0, name.size() - end.size());
      if (all.contains(family + "_bucket"))
        return {family, "histogram"};
      if (all.contains(family + "_sum") && all.contains(family + "_count"))
        return {family, "summary"};
    }
  return {name, "unknown"};
}

} // namespace

expected<query_answer> work_out(const query_at& x, const query_place& at) {
  auto query = parsed(x.text);
  if (!query)
    return fail(std::move(query.error()));
  return answer_with(
    query->at(at.source, x.time_ms, options_for(x.within, at)), x.within, x.time_ms);
}

expected<query_answer> work_out(const query_over& x, const query_place& at) {
  auto query = parsed(x.text);
  if (!query)
    return fail(std::move(query.error()));
  if (auto type = query->root().type;
      type != promql::value_type::scalar && type != promql::value_type::vector)
    return fail(ec::bad_request,
                invalid("query",
                        fmt::format("invalid expression type \"{}\" for range query, must be "
                                    "Scalar or instant Vector",
                                    promql::to_string(type))));
  return answer_with(
    query->over(at.source, x.start_ms, x.end_ms, x.step_ms, options_for(x.within, at)),
    x.within,
    0);
}

expected<query_answer> work_out(const query_to_format& x, const query_place&) {
  auto query = parsed(x.text);
  if (!query)
    return fail(std::move(query.error()));
  query_answer out;
  base::append_canonical_text(out.data, promql::to_string(query->root()));
  return out;
}

expected<query_answer> work_out(const series_to_list& x, const query_place& at) {
  auto any_of = selectors(x.match);
  if (!any_of)
    return fail(std::move(any_of.error()));
  query_answer out;
  size_t left = room_for(x.within);
  out.data = "[";
  auto read = at.source.list(*any_of, [&](const labels& series) {
    if (left == 0 || out.data.size() > most_answer_bytes) {
      out.warnings.emplace_back(truncated);
      return false;
    }
    --left;
    if (out.data.size() > 1)
      out.data += ',';
    promql::append_json(out.data, series);
    return true;
  });
  if (!read)
    return fail(told(std::move(read.error())));
  out.data += ']';
  return out;
}

expected<query_answer> work_out(const label_names_to_list& x, const query_place& at) {
  auto any_of = selectors(x.match);
  if (!any_of)
    return fail(std::move(any_of.error()));
  std::set<std::string> names;
  auto read = at.source.list(*any_of, [&](const labels& series) {
    for (const auto& [name, value] : series)
      names.insert(name);
    return has_room(names);
  });
  if (!read)
    return fail(told(std::move(read.error())));
  return listed(names, x.within);
}

expected<query_answer> work_out(const label_values_to_list& x, const query_place& at) {
  auto any_of = selectors(x.match);
  if (!any_of)
    return fail(std::move(any_of.error()));
  std::set<std::string> values;
  bool is_of_hosts = any_of->empty() && !at.source.hosts().empty() &&
                     !promql::value_of(at.source.hosts().front().labels, x.label).empty();
  if (is_of_hosts) { // Each has `up`, so that its labels need not be looked for.
    for (const auto& host : at.source.hosts())
      if (has_room(values))
        values.emplace(promql::value_of(host.labels, x.label));
    return listed(values, x.within);
  }
  auto read = at.source.list(*any_of, [&](const labels& series) {
    if (auto value = promql::value_of(series, x.label); !value.empty())
      values.emplace(value);
    return has_room(values);
  });
  if (!read)
    return fail(told(std::move(read.error())));
  return listed(values, x.within);
}

expected<query_answer> work_out(const metrics_to_list& x, const query_place& at) {
  std::set<std::string> names;
  auto read = at.source.list({}, [&](const labels& series) {
    names.emplace(promql::value_of(series, promql::metric_name));
    return has_room(names);
  });
  if (!read)
    return fail(told(std::move(read.error())));
  std::map<std::string, std::string_view> families;
  for (const auto& name : names) {
    auto [family, type] = family_of(name, names);
    if (x.metric.empty() || x.metric == family)
      families.emplace(std::move(family), type);
  }
  query_answer out;
  size_t left = room_for(x.within);
  out.data = "{";
  for (const auto& [family, type] : families) {
    if (left-- == 0)
      break;
    if (out.data.size() > 1)
      out.data += ',';
    base::append_canonical_text(out.data, family);
    out.data += fmt::format(R"(:[{{"type":"{}","help":"","unit":""}}])", type);
  }
  out.data += '}';
  return out;
}

} // namespace aops::actors
