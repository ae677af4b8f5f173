#include "cli/aops/verbs/common.hpp"

#include "cli/aops/report/fault_view.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/check.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

constexpr int64_t hour_s = 3600;

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

expected<std::optional<time_range>> given_range(const session& s) {
  const auto& args = s.args;
  auto time_of = [&](std::string_view name) -> expected<int64_t> {
    auto t = parse_time(args.text(name));
    return t ? t
             : expected<int64_t>{
                 fail(ec::bad_request, fmt::format("--{}: {}", name, t.error().detail))};
  };
  if (args.has("last")) {
    if (args.has("start") || args.has("end"))
      return fail(ec::bad_request, tr("--last stands instead of --start and --end"));
    auto span = parse_span(args.text("last"));
    if (!span)
      return fail(ec::bad_request, fmt::format("--last: {}", span.error().detail));
    auto now = s.io.now_s();
    return time_range{now - *span, now};
  }
  if (!args.has("start") && !args.has("end"))
    return std::optional<time_range>{};
  auto end = args.has("end") ? time_of("end") : expected<int64_t>{s.io.now_s()};
  if (!end)
    return fail(end.error());
  auto start = args.has("start") ? time_of("start") : expected<int64_t>{*end - hour_s};
  if (!start)
    return fail(start.error());
  if (*start > *end)
    return fail(ec::bad_request,
                tr("--start {} lies after --end {}", time_text(*start), time_text(*end)));
  return time_range{*start, *end};
}

expected<time_range> range_or_last_hour(const session& s) {
  auto range = given_range(s);
  if (!range)
    return fail(range.error());
  auto now = s.io.now_s();
  return range->value_or(time_range{now - hour_s, now});
}

std::vector<moment> moments_of(const time_range& range) {
  return {{range.start * 1000}, {range.end * 1000}};
}

expected<std::vector<std::string>>
at_least_one(const arguments& args, std::string_view option, std::string_view what) {
  auto list = args.list(option);
  if (list && list->empty())
    return fail(ec::bad_request, tr("{} needs --{} with at least one element", what, option));
  return list;
}

expected<std::vector<std::string>> hosts_of(session& s) {
  auto words = at_least_one(s.args, "host_list", s.args.text("action"));
  if (!words)
    return words;
  auto ids = s.host_ids(*words);
  if (ids && s.has_missing())
    return fail(ec::not_found, tr("nothing is done unless all hosts are there"));
  return ids;
}

expected<std::string>
exactly_one(const arguments& args, std::string_view option, std::string_view what) {
  auto list = at_least_one(args, option, what);
  if (!list)
    return fail(list.error());
  if (list->size() != 1)
    return fail(ec::bad_request, tr("{} takes exactly one --{}", what, option));
  return list->front();
}

expected<void>
write_export(session& s, const std::string& path, std::string_view name, const std::string& text) {
  auto file = export_path(path, name);
  auto done = write_file(file, text, 0644);
  if (done)
    s.note(tr("wrote {}", file));
  return done;
}

void add_host_names(session& s, json& rows) {
  if (rows.empty())
    return;
  const auto& names = s.host_names();
  for (auto& row : rows)
    if (auto name = names.find(text_of(row, "host_id")); name != names.end())
      row["host_name"] = name->second;
}

expected<json> with_verdicts(session& s, const json& rows, size_t most) {
  constexpr size_t batch = 50;
  auto result = rows.is_null() ? json::array() : rows;
  add_host_names(s, result);
  most = std::min(most, result.size());
  for (size_t at = 0; at < most; at += batch) {
    auto end = std::min(most, at + batch);
    report_list_query query;
    for (auto i = at; i < end; ++i)
      query.report_list.push_back(text_of(rows[i], "report_id"));
    auto reply = s.fetch("/diag/report/get", query);
    if (!reply)
      return fail(reply.error());
    auto found = findings_of(member(*reply, "result"));
    for (auto i = at; i < end; ++i)
      if (auto f = found.find(text_of(rows[i], "report_id")); f != found.end()) {
        result[i]["verdict"] = f->second.first;
        result[i]["root_cause"] = f->second.second;
      }
  }
  return result;
}

expected<std::vector<std::string>>
report_ids(session& s, const std::vector<std::string>& words, const json& rows) {
  std::vector<std::string> ids;
  for (const auto& word : words) {
    std::vector<std::string> found;
    for (const auto& row : rows)
      if (auto id = text_of(row, "report_id");
          id == word || (is_id_prefix(word) && id.starts_with(lower_case(word))))
        found.push_back(id);
    if (found.size() > 1)
      return fail(ec::bad_request, tr("{} may be several reports: {}", word, joined(found, ", ")));
    if (found.empty() && rows.size() < words.size())
      s.missing("report", word);
    ids.push_back(found.empty() ? word : found.front());
  }
  return ids;
}

void find_missing_rules(session& s, const std::vector<std::string>& names) {
  if (names.empty())
    return;
  if (auto reply = s.fetch("/check/rule/get", rules_query{}))
    s.find_missing("rule", names, member(*reply, "check_items"), "check_item");
}

view reports_view() {
  std::vector<std::string> columns = {
    "host_name", "tree_name", "start", "end", "verdict", "root_cause", "report_id"};
  auto wide = columns;
  wide.emplace_back("*");
  return {view::kind::whole, "result", std::move(columns), std::move(wide), "report_id"};
}

} // namespace aops::cli
