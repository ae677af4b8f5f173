#include "runtime/io/opensearch/line_stream.hpp"

#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aops::opensearch {

namespace {

using base::json;

constexpr int64_t day_ms = 86'400'000, least_age_ms = 3'600'000, parts_of_stream = 8;
/// The first releases whose data streams are known to do.
constexpr int least_opensearch = 2, least_elasticsearch = 8;

/// An answer of a status below 300, or an error.
expected<search_answer> fine(const search_client& at, const search_call& what) {
  auto told = at.call(what);
  if (told && told->status >= 300 && told->status != 404)
    return fail(ec::query_failed, fmt::format("{} {}", at.shown_url(), reason_of(*told)));
  return told;
}

} // namespace

expected<server_told> greet(const search_client& at, std::chrono::milliseconds patience) {
  auto told = fine(at, {"GET", "/", {}, false, patience});
  if (!told)
    return fail(std::move(told.error()));
  server_told out;
  out.version = text_in(told->body, {"version", "number"});
  bool is_opensearch = text_in(told->body, {"version", "distribution"}) == "opensearch";
  out.product = is_opensearch ? "OpenSearch" : "Elasticsearch";
  int major = 0;
  std::from_chars(out.version.data(), out.version.data() + out.version.size(), major);
  if (major == 0 || (!is_opensearch && value_in(told->body, {"tagline"}).is_null()))
    return fail(ec::query_failed, at.shown_url() + " is neither OpenSearch nor Elasticsearch");
  auto least = is_opensearch ? least_opensearch : least_elasticsearch;
  if (major < least)
    return fail(ec::query_failed,
                fmt::format("{} is {} {}; {} is the first that will do",
                            at.shown_url(),
                            out.product,
                            out.version,
                            least));
  return out;
}

expected<server_told> prepare_stream(const search_client& at, const stream_settings& s) {
  constexpr std::chrono::milliseconds patience{30'000};
  auto server = greet(at, patience);
  if (!server)
    return server;
  json body = {{"index_patterns", {s.name}},
               {"data_stream", json::object()},
               {"priority", 500},
               {"_meta", {{"made_by", "aops"}}},
               {"template", json::parse(s.shape)}};
  auto put = fine(at, {"PUT", "/_index_template/" + s.name, body.dump(), false, patience});
  if (!put)
    return fail(std::move(put.error()));
  // Here, for the first lines have less patience; 400: it is there.
  auto begun = at.call({"PUT", "/_data_stream/" + s.name, {}, false, patience});
  if (!begun)
    return fail(std::move(begun.error()));
  return server;
}

expected<std::vector<stream_index>> indices_of(const search_client& at, const stream_settings& s) {
  auto listed = fine(at, {"GET", "/_data_stream/" + s.name});
  if (!listed)
    return fail(std::move(listed.error()));
  std::vector<stream_index> out;
  const auto& streams = value_in(listed->body, {"data_streams"});
  if (listed->status == 404 || !streams.is_array() || streams.empty())
    return out;
  const auto& names = value_in(streams.front(), {"indices"});
  if (names.is_array())
    for (const auto& x : names)
      out.push_back({text_in(x, {"index_name"})});
  auto settings = fine(at, {"GET", fmt::format("/{}/_settings/index.creation_date", s.name)});
  if (!settings)
    return fail(std::move(settings.error()));
  auto stats = fine(at, {"GET", fmt::format("/{}/_stats/store?level=indices", s.name)});
  if (!stats)
    return fail(std::move(stats.error()));
  for (auto& x : out) {
    auto name = x.name.c_str();
    x.created_ms = number_in(settings->body, {name, "settings", "index", "creation_date"});
    x.bytes = number_in(stats->body, {"indices", name, "total", "store", "size_in_bytes"});
  }
  return out;
}

std::vector<std::string>
indices_to_drop(const std::vector<stream_index>& all, const stream_settings& s, int64_t now_ms) {
  std::vector<std::string> out;
  int64_t sum = 0;
  for (const auto& x : all)
    sum += x.bytes;
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    // Of one whose time is not known nothing is told.
    bool is_old = all[i + 1].created_ms > 0 && all[i + 1].created_ms <= now_ms - s.keep_ms;
    if (!is_old && sum <= s.max_bytes)
      break;
    sum -= all[i].bytes;
    out.push_back(all[i].name);
  }
  return out;
}

expected<stream_standing>
tidy_stream(const search_client& at, const stream_settings& s, int64_t now_ms) {
  auto age_ms = std::clamp(s.keep_ms / parts_of_stream, least_age_ms, day_ms);
  json when = {
    {"conditions",
     {{"max_age", fmt::format("{}s", age_ms / 1000)},
      {"max_size", fmt::format("{}b", std::max<int64_t>(s.max_bytes / parts_of_stream, 1))}}}};
  // 404: nothing was written yet.
  if (auto turned = fine(at, {"POST", fmt::format("/{}/_rollover", s.name), when.dump()}); !turned)
    return fail(std::move(turned.error()));
  auto all = indices_of(at, s);
  if (!all)
    return fail(std::move(all.error()));
  stream_standing out;
  auto gone = indices_to_drop(*all, s, now_ms);
  for (const auto& name : gone) {
    auto dropped = fine(at, {"DELETE", "/" + name});
    if (!dropped)
      return fail(std::move(dropped.error()));
    log::info("lines-dropped", "index {} is removed: its lines are too old or too many", name);
    ++out.dropped;
  }
  for (size_t i = gone.size(); i < all->size(); ++i) {
    out.bytes += (*all)[i].bytes;
    ++out.indices;
  }
  return out;
}

} // namespace aops::opensearch
