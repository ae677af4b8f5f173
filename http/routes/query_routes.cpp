#include "http/routes/query_routes.hpp"

#include "http/routes/query_parameters.hpp"
#include "http/routes/query_targets.hpp"
#include "messages/names.hpp"
#include "messages/roles/alerts.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/query.hpp"
#include "runtime/base/canonical_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>

namespace aops::http {

namespace {

using std::chrono::milliseconds;

// -- how answers look

struct told_as {
  int status;
  std::string_view type;
};

told_as told(ec code) {
  switch (code) {
  case ec::bad_request:
    return {400, "bad_data"};
  case ec::query_failed:
    return {422, "execution"};
  case ec::timed_out:
    return {503, "timeout"};
  case ec::cancelled:
    return {503, "canceled"};
  case ec::not_found:
    return {404, "not_found"};
  case ec::overloaded:
  case ec::unreachable:
  case ec::store_unreachable:
  case ec::fenced:
  case ec::moved:
    return {503, "unavailable"};
  case ec::session_invalid:
  case ec::wrong_password:
  case ec::repeat_login:
    return {401, "unauthorized"};
  case ec::permission_denied:
  case ec::default_password:
    return {403, "forbidden"};
  default:
    return {500, "internal"};
  }
}

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty())
    return;
  out.append(",\"").append(name).append("\":[");
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0)
      out += ',';
    base::append_canonical_text(out, texts[i]);
  }
  out += ']';
}

http_response success(std::string_view data,
                      const std::vector<std::string>& warnings = {},
                      const std::vector<std::string>& infos = {}) {
  http_response r;
  r.body.reserve(data.size() + 64);
  r.body.append("{\"status\":\"success\",\"data\":").append(data);
  append_list(r.body, "warnings", warnings);
  append_list(r.body, "infos", infos);
  r.body += '}';
  return r;
}

http_response success_of(const json& data) {
  return success(data.dump(-1, ' ', false, json::error_handler_t::replace));
}

expected<http_response> told_answer(expected<query_answer> x) {
  return x.map([](const query_answer& a) { return success(a.data, a.warnings, a.infos); });
}

// -- what is asked

/// The bounds that a client names; those of the node are kept where the query works.
expected<query_bounds> bounds_of(const http_request& q) {
  query_bounds out;
  auto limit = limit_parameter(q);
  if (!limit)
    return fail(std::move(limit.error()));
  auto timeout = duration_parameter(q, "timeout", most_query_ms);
  if (!timeout)
    return fail(std::move(timeout.error()));
  auto lookback = duration_parameter(q, "lookback_delta", 0);
  if (!lookback)
    return fail(std::move(lookback.error()));
  if (*lookback < 0)
    return fail(invalid_parameter("lookback_delta", "must be greater than zero"));
  out.most = *limit;
  out.timeout_ms = std::clamp<int64_t>(*timeout, 1, most_query_ms);
  out.lookback_ms = *lookback;
  return out;
}

/// More time than the query has, so that what it says when that is over arrives.
milliseconds patience_for(const query_bounds& within) {
  return milliseconds{within.timeout_ms} + std::chrono::seconds{2};
}

template <class Request>
expected<query_answer> ask_queries(const node_port& port,
                                   const foreign_request& x,
                                   Request request,
                                   milliseconds patience = milliseconds{most_query_ms}) {
  static_assert(is_answer_of<query_answer, queries_actor, caller, Request>());
  return value_of<query_answer>(
    port(actors::queries_name, patience, caf::make_message(x.context.who, std::move(request))));
}

int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

expected<http_response> query(const node_port& port, const foreign_request& x) {
  auto time = time_parameter(x.request, "time", now_ms());
  if (!time)
    return fail(std::move(time.error()));
  auto within = bounds_of(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(
    ask_queries(port,
                x,
                query_at{std::string{parameter_of(x.request, "query")}, *time, *within},
                patience_for(*within)));
}

expected<http_response> query_range_of(const node_port& port, const foreign_request& x) {
  auto range = range_of(x.request);
  if (!range)
    return fail(std::move(range.error()));
  auto within = bounds_of(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(ask_queries(port,
                                 x,
                                 query_over{std::string{parameter_of(x.request, "query")},
                                            range->start_ms,
                                            range->end_ms,
                                            range->step_ms,
                                            *within},
                                 patience_for(*within)));
}

expected<http_response> format(const node_port& port, const foreign_request& x) {
  return told_answer(
    ask_queries(port, x, query_to_format{std::string{parameter_of(x.request, "query")}}));
}

/// Lists are of what is known now, so that times are read and of no further use.
expected<query_bounds> bounds_of_list(const http_request& q) {
  auto within = bounds_of(q);
  if (!within)
    return within;
  auto start = time_parameter(q, "start", 0);
  if (!start)
    return fail(std::move(start.error()));
  auto end = time_parameter(q, "end", INT64_MAX);
  if (!end)
    return fail(std::move(end.error()));
  return within;
}

expected<http_response> series(const node_port& port, const foreign_request& x) {
  auto match = parameters_of(x.request, "match[]");
  if (match.empty())
    return fail(ec::bad_request, "no match[] parameter provided");
  auto within = bounds_of_list(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(
    ask_queries(port, x, series_to_list{std::move(match), *within}, patience_for(*within)));
}

expected<http_response> label_names(const node_port& port, const foreign_request& x) {
  auto within = bounds_of_list(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(ask_queries(port,
                                 x,
                                 label_names_to_list{parameters_of(x.request, "match[]"), *within},
                                 patience_for(*within)));
}

/// `/api/v1/label/NAME/values`
expected<http_response> label_values(const node_port& port, const foreign_request& x) {
  constexpr std::string_view end = "/values";
  if (!x.rest.ends_with(end))
    return fail(ec::not_found, "there is nothing at this path");
  auto label = label_in_path(x.rest.substr(0, x.rest.size() - end.size()));
  if (!label)
    return fail(std::move(label.error()));
  auto within = bounds_of_list(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(ask_queries(
    port,
    x,
    label_values_to_list{std::move(*label), parameters_of(x.request, "match[]"), *within},
    patience_for(*within)));
}

expected<http_response> metadata(const node_port& port, const foreign_request& x) {
  auto within = bounds_of(x.request);
  if (!within)
    return fail(std::move(within.error()));
  return told_answer(
    ask_queries(port,
                x,
                metrics_to_list{std::string{parameter_of(x.request, "metric")}, *within},
                patience_for(*within)));
}

// -- what the stores know

constexpr int64_t page_rows = 1000, most_rows = 10'000;

/// All rows of a list, page by page.
/// @param rows The member of a page that has them.
template <class Role, class Page, class Request, class Row>
expected<std::vector<Row>> all_of(const node_port& port,
                                  std::string_view name,
                                  const foreign_request& x,
                                  Request request,
                                  std::vector<Row> Page::*rows) {
  std::vector<Row> out;
  request.per_page = page_rows;
  for (int64_t page = 1; static_cast<int64_t>(out.size()) < most_rows; ++page) {
    request.page = page;
    auto found = ask_actor<Role, Page>(port, name, x.context, request);
    if (!found)
      return fail(std::move(found.error()));
    auto& some = (*found).*rows;
    out.insert(
      out.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    if (page >= found->total_page)
      break;
  }
  return out;
}

expected<std::vector<host_info>> hosts(const node_port& port, const foreign_request& x) {
  return all_of<host_store_actor>(
    port, actors::host_store_name, x, hosts_query{}, &hosts_page::host_infos);
}

expected<hosts_by_id> known_hosts(const node_port& port, const foreign_request& x) {
  return hosts(port, x).map([](std::vector<host_info> all) {
    hosts_by_id out;
    for (auto& host : all) {
      auto id = host.host_id;
      out.emplace(std::move(id), std::move(host));
    }
    return out;
  });
}

expected<std::vector<alert_info>> firing(const node_port& port, const foreign_request& x) {
  alerts_query wanted;
  wanted.firing = true;
  return all_of<alert_store_actor>(
    port, actors::alert_store_name, x, std::move(wanted), &alerts_page::alerts);
}

expected<http_response>
alerts(const node_port& port, const scraping_facts& facts, const foreign_request& x) {
  auto known = known_hosts(port, x);
  if (!known)
    return fail(std::move(known.error()));
  auto found = firing(port, x);
  if (!found)
    return fail(std::move(found.error()));
  auto list = json::array();
  for (const auto& alert : *found)
    list.push_back(alert_json(alert, *known, facts));
  return success_of(json{{"alerts", std::move(list)}});
}

expected<http_response>
rules(const node_port& port, const scraping_facts& facts, const foreign_request& x) {
  rules_wanted wanted{std::string{parameter_of(x.request, "type")},
                      parameters_of(x.request, "rule_name[]"),
                      parameter_of(x.request, "exclude_alerts") == "true"};
  if (!wanted.type.empty() && wanted.type != "alert" && wanted.type != "record")
    return fail(invalid_parameter("type", fmt::format("not supported value \"{}\"", wanted.type)));
  auto known = known_hosts(port, x);
  if (!known)
    return fail(std::move(known.error()));
  auto found = firing(port, x);
  if (!found)
    return fail(std::move(found.error()));
  rules_query query;
  query.sort = "check_item";
  auto all = all_of<rule_store_actor>(
    port, actors::rule_store_name, x, std::move(query), &rules_page::check_items);
  if (!all)
    return fail(std::move(all.error()));
  return success_of(rules_json(*all, *found, *known, wanted, facts));
}

/// Of each host that has one, the number that a query yields now.
std::map<std::string, double>
numbers_of_hosts(const node_port& port, const foreign_request& x, const std::string& text) {
  std::map<std::string, double> out;
  constexpr int64_t patience_ms = 10'000;
  auto found = ask_queries(port, x, query_at{text, now_ms(), {patience_ms, 0, 0}});
  auto data = found ? json::parse(found->data, nullptr, false) : json{};
  if (!data.is_object())
    return out; // The rest of the answer is of use without it.
  for (const auto& row : data["result"]) {
    const auto& text = row["value"][1].get_ref<const std::string&>();
    double value = 0;
    auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc{} && std::isfinite(value))
      out[row["metric"].value("host_id", "")] = value;
  }
  return out;
}

expected<http_response>
targets(const node_port& port, const scraping_facts& facts, const foreign_request& x) {
  auto state = parameter_of(x.request, "state");
  auto pool = parameter_of(x.request, "scrapePool");
  bool is_wanted = state != "dropped" && (pool.empty() || pool == query_job);
  auto all = is_wanted ? hosts(port, x) : expected<std::vector<host_info>>{};
  if (!all)
    return fail(std::move(all.error()));
  auto times =
    all->empty() ? std::map<std::string, double>{} : numbers_of_hosts(port, x, "timestamp(up)");
  auto lengths = times.empty() ? times : numbers_of_hosts(port, x, "scrape_duration_seconds");
  auto list = json::array();
  for (const auto& host : *all) {
    last_scrape last;
    if (auto it = times.find(host.host_id); it != times.end())
      last.time_ms = std::llround(it->second * 1000);
    if (auto it = lengths.find(host.host_id); it != lengths.end())
      last.took_s = it->second;
    list.push_back(target_json(host, last, facts));
  }
  return success_of(json{{"activeTargets", std::move(list)},
                         {"droppedTargets", json::array()},
                         {"droppedTargetCounts", json::object()}});
}

/// By the version clients choose what they ask for.
http_response build_info(const scraping_facts& facts) {
  return success_of(json{{"version", "3.0.0"},
                         {"revision", "aops-" + facts.version},
                         {"branch", ""},
                         {"buildUser", ""},
                         {"buildDate", ""},
                         {"goVersion", ""}});
}

// -- the table

foreign_parameter one(std::string name, std::string description, bool is_required = false) {
  return {std::move(name), std::move(description), is_required, false};
}

foreign_parameter several(std::string name, std::string description, bool is_required = false) {
  return {std::move(name), std::move(description), is_required, true};
}

} // namespace

http_response prometheus_error(const error& e) {
  auto how = told(e.code);
  http_response r;
  r.status = how.status;
  json body = {{"status", "error"},
               {"errorType", how.type},
               {"error", e.detail.empty() ? std::string{outcome_of(e.code).msg} : e.detail}};
  r.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return r;
}

std::vector<foreign_route> query_routes(const node_port& port, const scraping_facts& facts) {
  const auto limit = one("limit", "So many series or names at most; 0: all.");
  const auto timeout = one("timeout", "At most so long; a minute at most.");
  const auto lookback = one("lookback_delta", "For how long the last sample counts; 5 minutes.");
  const auto text = one("query", "PromQL.", true);
  const auto match = several("match[]", "Only of series that one of these selectors finds.");
  const auto start = one("start", "Unix seconds or RFC 3339; not looked at.");
  const auto end = one("end", "The same.");
  auto of = [port](auto work) {
    return [port, work](const foreign_request& x) { return work(port, x); };
  };
  auto with = [port, facts](auto work) {
    return [port, facts, work](const foreign_request& x) { return work(port, facts, x); };
  };
  std::vector<foreign_route> all{
    {"/api/v1/query",
     "PromQL at one time.",
     {text, one("time", "Unix seconds or RFC 3339; now."), limit, timeout, lookback},
     true,
     of(query)},
    {"/api/v1/query_range",
     "PromQL over a range of time.",
     {text,
      one("start", "Unix seconds or RFC 3339.", true),
      one("end", "Unix seconds or RFC 3339.", true),
      one("step", "Seconds, or a duration as `15s`; at most 11,000 steps.", true),
      limit,
      timeout,
      lookback},
     true,
     of(query_range_of)},
    {"/api/v1/format_query", "A query in the form it is best read in.", {text}, true, of(format)},
    {"/api/v1/series",
     "Series by their labels.",
     {several("match[]", "Selectors.", true), start, end, limit},
     true,
     of(series)},
    {"/api/v1/labels", "Names of labels.", {match, start, end, limit}, true, of(label_names)},
    {"/api/v1/label/*",
     "Values of a label: `NAME/values`.",
     {match, start, end, limit},
     false,
     of(label_values)},
    {"/api/v1/metadata",
     "Metrics, with the type that their name tells.",
     {one("metric", "Only this one."), limit},
     false,
     of(metadata)},
    {"/api/v1/rules",
     "Check rules and their alerts.",
     {one("type", "`alert` or `record`."),
      several("rule_name[]", "Only these."),
      one("exclude_alerts", "`true`: without their alerts.")},
     false,
     with(rules)},
    {"/api/v1/alerts", "What is an alert now.", {}, false, with(alerts)},
    {"/api/v1/targets",
     "Hosts and how their exporters answer.",
     {one("state", "`active`, `dropped` or `any`."), one("scrapePool", "Only of this one.")},
     false,
     with(targets)},
    {"/api/v1/status/buildinfo",
     "Which Prometheus this is like.",
     {},
     false,
     [facts](const foreign_request&) -> expected<http_response> { return build_info(facts); }},
  };
  for (auto& r : all)
    r.refuse = prometheus_error;
  return all;
}

} // namespace aops::http
