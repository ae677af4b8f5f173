#include "cli/aops/term/table.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ostream>

namespace aops::cli {

namespace {

/// Points of a series when no step is named; about what fits on a screen.
constexpr int64_t usual_steps = 250;

std::string encoded_for_url(std::string_view text) {
  std::string out;
  for (unsigned char c : text)
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  return out;
}

/// `name{label="value"}`, as PromQL writes it.
std::string series_text(const json& metric) {
  std::string labels;
  for (auto i = metric.begin(); i != metric.end(); ++i)
    if (i.key() != "__name__") {
      auto value = i.value().get<std::string>();
      std::string quoted;
      for (char c : value) {
        if (c == '"' || c == '\\')
          quoted += '\\';
        if (c == '\n')
          quoted += "\\n";
        else
          quoted += c;
      }
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ", ", i.key(), quoted);
    }
  auto name = text_of(metric, "__name__");
  return labels.empty() && !name.empty() ? name : name + "{" + labels + "}";
}

/// A number where the text is a finite one.
json value_of_text(const json& text) {
  auto word = text.get<std::string>();
  double value = 0;
  auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), value);
  bool is_number = wrong == std::errc{} && end == word.data() + word.size() && std::isfinite(value);
  return is_number ? json::parse(word, nullptr, false) : text;
}

json point_row(const std::string& series, const json& point) {
  auto value = value_of_text(point.at(1));
  return {{"series", series},
          {"time", point.at(0)},
          {"value", value.is_discarded() ? point.at(1) : value}};
}

/// A row for each point.
json point_rows(const json& data) {
  auto rows = json::array();
  const auto& result = member(data, "result");
  if (auto type = text_of(data, "resultType"); type == "scalar" || type == "string") {
    rows.push_back(point_row("", result));
    return rows;
  }
  for (const auto& one : result) {
    auto series = series_text(member(one, "metric"));
    if (one.contains("value"))
      rows.push_back(point_row(series, one["value"]));
    for (const auto& point : member(one, "values"))
      rows.push_back(point_row(series, point));
  }
  return rows;
}

/// A row for each series over a time.
json series_rows(const json& data) {
  auto rows = json::array();
  for (const auto& one : member(data, "result")) {
    json row{{"series", series_text(member(one, "metric"))}, {"points", 0}};
    for (const auto& point : member(one, "values")) {
      row["points"] = row["points"].get<int64_t>() + 1;
      auto value = point_row("", point)["value"];
      row["value"] = value;
      if (!value.is_number())
        continue;
      if (!row.contains("min") || value < row["min"])
        row["min"] = value;
      if (!row.contains("max") || value > row["max"])
        row["max"] = value;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What to ask for, or why not.
expected<std::string> query_target(const session& s) {
  auto query = "?query=" + encoded_for_url(s.args.text("expr"));
  auto range = given_range(s);
  if (!range)
    return fail(range.error());
  if (!*range && !s.args.has("step")) {
    if (!s.args.has("time"))
      return "/api/v1/query" + query + fmt::format("&time={}", s.io.now_s());
    auto time = parse_time(s.args.text("time"));
    if (!time)
      return fail(ec::bad_request, fmt::format("--time: {}", time.error().detail));
    return "/api/v1/query" + query + fmt::format("&time={}", *time);
  }
  if (s.args.has("time"))
    return fail(ec::bad_request, tr("--time goes without --start, --end, --last and --step"));
  auto over = range_or_last_hour(s);
  if (!over)
    return fail(over.error());
  auto step = s.args.has("step") ? s.args.whole("step")
                                 : std::max<int64_t>((over->end - over->start) / usual_steps, 1);
  return "/api/v1/query_range" + query +
         fmt::format("&start={}&end={}&step={}", over->start, over->end, step);
}

void note_texts(session& s, const json& texts) {
  for (const auto& text : texts)
    s.note(text.get<std::string>());
}

int run_query(session& s) {
  auto target = query_target(s);
  if (!target)
    return s.misuse(target.error().detail);
  auto reply = s.get(*target);
  if (!reply)
    return s.complain(reply.error());
  const auto& data = member(*reply, "data");
  const bool is_matrix = text_of(data, "resultType") == "matrix";
  const bool by_series = is_matrix && (s.wants_table() || s.form() == format::name);
  view how{view::kind::listing, "result", {"series", "time", "value"}, {}};
  if (by_series)
    how.columns = {"series", "points", "min", "max", "value"};
  auto rows = s.chosen(by_series ? series_rows(data) : point_rows(data), how.columns);
  if (!rows)
    return s.misuse(rows.error().detail);
  if (s.wants_rows())
    s.print_rows(*rows, how);
  else if (s.wants_table())
    s.io.out << render(table_of(*rows, how.columns), s.table_width());
  else
    s.print_json(s.args.has("filter") ? *rows : data);
  s.io.out.flush();
  note_texts(s, member(*reply, "warnings"));
  note_texts(s, member(*reply, "infos"));
  return s.args.on("exit_code") && !rows->empty() ? exit_found : exit_done;
}

} // namespace

verb query_verb() {
  return {
    .name = "query",
    .summary = "Ask in PromQL over the stored samples of all hosts",
    .run = run_query,
    .options =
      {{.name = "expr", .value = "EXPR", .help = "What to ask, in PromQL", .is_required = true},
       {.name = "time", .value = "TIME", .help = "At this time, as --start; now when absent"},
       start_option,
       end_option,
       last_option,
       {.name = "step",
        .value = "SPAN",
        .help = "Over a time: so far apart; 250 steps when absent",
        .kind = option_kind::span},
       exit_code_option},
    .positionals = {"expr"},
    .examples = "  aops query up\n"
                "  aops query 'sum by (host) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m]))' "
                "--last 6h --step 1m -o table\n"
                "  aops query 'node_load1 > 2' --time 2024-03-01T10:15 --exit-code\n"
                "  aops query node_load1 --last 1d --step 15m -o csv\n",
    .lists = true};
}

} // namespace aops::cli
