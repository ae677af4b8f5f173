#include "cli/aops/common.hpp"

#include "cli/aops/fault_view.hpp"
#include "cli/aops/files.hpp"
#include "cli/aops/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

void add_paging(json& body, const arguments& args) {
  for (const auto* key : {"page", "per_page"})
    if (!args.text(key).empty())
      body[key] = args.whole(key);
}

void add_sort(json& body, const arguments& args) {
  if (!args.has("sort"))
    return;
  body["sort"] = args.text("sort");
  body["direction"] = args.text("direction");
}

expected<void>
add_list(json& body, const arguments& args, std::string_view option, const char* key) {
  auto list = args.list(option);
  if (!list)
    return fail(list.error());
  body[key] = *list;
  return {};
}

expected<std::optional<time_range>> given_range(const session& s, int64_t span_s) {
  const auto& args = s.args;
  auto time_of = [&](std::string_view name) -> expected<int64_t> {
    auto t = parse_time(args.text(name));
    return t ? t
             : expected<int64_t>{
                 fail(ec::bad_request, fmt::format("--{}: {}", name, t.error().detail))};
  };
  if (args.has("last")) {
    if (args.has("start") || args.has("end"))
      return fail(ec::bad_request, "--last stands instead of --start and --end");
    auto span = parse_span(args.text("last"));
    if (!span)
      return fail(ec::bad_request, "--last: " + span.error().detail);
    auto now = s.io.now_s();
    return time_range{now - *span, now};
  }
  if (!args.has("start") && !args.has("end"))
    return std::optional<time_range>{};
  time_range range;
  auto end = args.has("end") ? time_of("end") : expected<int64_t>{s.io.now_s()};
  if (!end)
    return fail(end.error());
  auto start = args.has("start") ? time_of("start") : expected<int64_t>{*end - span_s};
  if (!start)
    return fail(start.error());
  if (*start > *end)
    return fail(ec::bad_request,
                fmt::format("--start {} lies after --end {}", time_text(*start), time_text(*end)));
  return time_range{*start, *end};
}

json to_json(const time_range& range) { return json::array({range.start, range.end}); }

expected<std::vector<std::string>>
at_least_one(const arguments& args, std::string_view option, std::string_view what) {
  auto list = args.list(option);
  if (list && list->empty())
    return fail(ec::bad_request,
                fmt::format("{} needs --{} with at least one element", what, option));
  return list;
}

expected<void>
write_export(session& s, const std::string& path, std::string_view name, const std::string& text) {
  auto file = export_path(path, name);
  auto done = write_file(file, text, 0644);
  if (done)
    s.note("wrote " + file);
  return done;
}

namespace {

/// report id → (verdict, root causes).
using findings = std::map<std::string, std::pair<std::string, std::string>>;

findings findings_of(const json& reports) {
  findings result;
  for (const auto& row : reports) {
    auto report = view_report(row);
    if (!report)
      continue;
    std::vector<std::string> causes;
    for (const auto& cause : report->causes)
      if (!cause.path.empty())
        causes.push_back(cause.path.back());
    result[report->report_id] = {verdict_of(*report), joined(causes, ", ")};
  }
  return result;
}

} // namespace

expected<json> with_verdicts(session& s, const json& rows, size_t most) {
  constexpr size_t batch = 50;
  auto known = s.host_names();
  json result = json::array();
  for (size_t at = 0; at < rows.size(); at += batch) {
    json ids = json::array();
    for (size_t i = at; i < std::min(rows.size(), at + batch) && i < most; ++i)
      ids.push_back(text_of(rows[i], "report_id"));
    findings found;
    if (!ids.empty()) {
      auto reply = s.fetch("/diag/report/get", {{"report_list", ids}});
      if (!reply)
        return fail(reply.error());
      found = findings_of(member(*reply, "result"));
    }
    for (size_t i = at; i < std::min(rows.size(), at + batch); ++i) {
      auto row = rows[i];
      if (auto name = known.find(text_of(row, "host_id")); name != known.end())
        row["host_name"] = name->second;
      if (auto f = found.find(text_of(row, "report_id")); f != found.end()) {
        row["verdict"] = f->second.first;
        row["root_cause"] = f->second.second;
      }
      result.push_back(std::move(row));
    }
  }
  return result;
}

} // namespace aops::cli
