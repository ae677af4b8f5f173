#include "actors/logs/line_question.hpp"

#include <fmt/format.h>

namespace aops::actors {

namespace {

using base::json;
using condition_kind = logs::line_condition::kind;

json term_query(const char* name, json value) { return {{"term", {{name, std::move(value)}}}}; }

json bool_query(const char* how, std::vector<json> parts) {
  json out = {{how, std::move(parts)}};
  if (std::string_view{how} == "should")
    out["minimum_should_match"] = 1;
  return {{"bool", std::move(out)}};
}

json hosts_called(const logs::line_condition& x, const hosts_seen& hosts) {
  std::vector<std::string> ids;
  for (const auto& [id, name] : hosts)
    if (logs::has_words(id, x.text, x.may_go_on) || logs::has_words(name, x.text, x.may_go_on))
      ids.push_back(id);
  if (ids.empty())
    return {{"match_none", json::object()}};
  return {{"terms", {{"host_id", ids}}}};
}

json query_of(const logs::line_condition& x, const hosts_seen& hosts) {
  switch (x.what) {
  case condition_kind::word:
    return term_query("words", x.text);
  case condition_kind::prefix:
    return {{"prefix", {{"words", x.text}}}};
  case condition_kind::severity:
    return {{"range", {{"severity", {{"gte", x.low}, {"lte", x.high}}}}}};
  case condition_kind::facility:
    return term_query("facility", x.low);
  case condition_kind::pid:
    return term_query("pid", x.text);
  case condition_kind::host:
    return hosts_called(x, hosts);
  case condition_kind::all:
  case condition_kind::any:
  case condition_kind::none: {
    std::vector<json> parts;
    for (const auto& part : x.parts)
      parts.push_back(query_of(part, hosts));
    return bool_query(x.what == condition_kind::all   ? "filter"
                      : x.what == condition_kind::any ? "should"
                                                      : "must_not",
                      std::move(parts));
  }
  case condition_kind::everything:
    break;
  }
  return {{"match_all", json::object()}};
}

json range_of_time(int64_t start_ns, int64_t end_ns) {
  return {{"range", {{"time_ns", {{"gte", start_ns}, {"lt", end_ns}}}}}};
}

std::string patience_text(int64_t ms) { return fmt::format("{}ms", std::max<int64_t>(ms, 1)); }

} // namespace

line_question question_of(const lines_wanted& what) {
  auto condition = what.query->condition();
  line_question out;
  out.is_exact = condition.is_exact;
  std::vector<json> parts{range_of_time(what.start_ns, what.end_ns)};
  if (what.source)
    parts.push_back(term_query("source_hash", fmt::format("{:016x}", *what.source)));
  if (what.hosts->size() <= most_hosts_of_question) {
    std::vector<std::string> ids;
    for (const auto& [id, name] : *what.hosts)
      ids.push_back(id);
    parts.push_back({{"terms", {{"host_id", ids}}}});
  } else {
    out.is_exact = false;
  }
  if (condition.what != condition_kind::everything)
    parts.push_back(query_of(condition, *what.hosts));
  out.query = bool_query("filter", std::move(parts));
  return out;
}

std::string body_of_page(const lines_wanted& what,
                         const line_question& q,
                         const std::optional<line_place>& after,
                         size_t count,
                         int64_t patience_ms) {
  auto order = what.newest_first ? "desc" : "asc";
  json body = {{"size", count},
               {"track_total_hits", false},
               {"timeout", patience_text(patience_ms)},
               {"query", q.query},
               {"sort", {{{"time_ns", order}}, {{"n", order}}}}};
  if (after)
    body["search_after"] = {after->time_ns, static_cast<int64_t>(after->n)};
  return body.dump();
}

std::string body_of_count(const line_question& q, const logs::buckets& to, int64_t patience_ms) {
  std::vector<json> filters;
  for (size_t i = 0; i < to.counts().size(); ++i)
    filters.push_back(range_of_time(to.begin_of(i), to.begin_of(i + 1)));
  json body = {{"size", 0},
               {"track_total_hits", false},
               {"timeout", patience_text(patience_ms)},
               {"query", q.query},
               {"aggs", {{"stretches", {{"filters", {{"filters", filters}}}}}}}};
  return body.dump();
}

std::string body_of_ids(const std::vector<std::string>& ids) {
  json body = {{"size", ids.size()},
               {"track_total_hits", false},
               {"_source", false},
               {"query", {{"ids", {{"values", ids}}}}}};
  return body.dump();
}

} // namespace aops::actors
