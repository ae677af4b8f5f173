#include "cli/aops/verbs/trial.hpp"

#include "cli/aops/term/sparkline.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/instance.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace aops::cli {

namespace {

constexpr size_t most_trial_rows = 50, most_parts = 20, most_series = 3, spark_width = 24;

/// Numbers as people compare them.
std::string short_number(const json& row, const std::string& name) {
  const auto& value = member(row, name);
  return value.is_number() ? fmt::format("{:.6g}", value.get<double>()) : cell_text(value);
}

void tell_rest(session& s, size_t all, size_t shown, std::string_view what) {
  if (all > shown)
    s.io.out << tr("{} of {} {}; -o json has all\n", shown, all, translated(what));
}

void print_rows(session& s, const std::string& name, const json& results) {
  json rows = json::array();
  for (const auto& result : results) {
    if (rows.size() == most_trial_rows)
      break;
    auto row = result;
    const auto& labels = member(result, "labels");
    if (labels.is_object() && !labels.empty())
      row["instance"] = instance_text(name, labels);
    rows.push_back(std::move(row));
  }
  s.io.out << render(table_of(rows, {"value", "instance", "start", "end", "reason"}),
                     s.table_width());
  tell_rest(s, results.size(), rows.size(), tr_later("results"));
}

void print_parts(session& s, const json& parts, const std::vector<std::string>& figures) {
  table shown;
  bool has_instances = std::any_of(
    parts.begin(), parts.end(), [](const json& x) { return !member(x, "labels").empty(); });
  shown.titles = {"part"};
  if (has_instances)
    shown.titles.emplace_back("instance");
  shown.titles.emplace_back("points");
  shown.titles.insert(shown.titles.end(), figures.begin(), figures.end());
  shown.titles.emplace_back("over time");
  for (const auto& part : parts) {
    if (shown.rows.size() == most_parts)
      break;
    auto& row = shown.rows.emplace_back();
    row.push_back(printable(text_of(part, "text")));
    if (has_instances)
      row.push_back(printable(instance_text("", member(part, "labels"))));
    row.push_back(fmt::format("{}", count_of(part, "points")));
    for (const auto& figure : figures)
      row.push_back(printable(short_number(part, figure)));
    std::vector<double> values;
    for (const auto& x : member(part, "values"))
      values.push_back(number_of(x, "value"));
    row.push_back(sparkline(values, spark_width, s.io.unicode));
  }
  s.io.out << render(shown, s.table_width());
  tell_rest(s, parts.size(), shown.rows.size(), tr_later("parts"));
}

void print_series(session& s, const json& series) {
  for (const auto& one : series) {
    auto count = count_of(one, "series");
    auto line = text_of(one, "name") + ": ";
    if (count == 0)
      line += tr("the host has none");
    else
      line += tr("{} series", count);
    size_t told = 0;
    for (const auto& labels : member(one, "labels"))
      if (!labels.empty() && told < most_series)
        line += (told++ == 0 ? ": " : ", ") + instance_text("", labels);
    if (told > 0 && count > told)
      line += ", ...";
    s.io.out << printable(line) << '\n';
  }
}

/// Whether nothing came of the condition but that there was no data.
bool has_no_data(const json& reply) {
  for (const auto& row : member(reply, "check_result"))
    if (text_of(row, "value") != "No data")
      return false;
  const auto& parts = member(reply, tr_later("parts"));
  bool has_values = std::any_of(
    parts.begin(), parts.end(), [](const json& x) { return count_of(x, "points") > 0; });
  return !has_values && (count_of(reply, "without_data") > 0 || count_of(reply, "points") == 0);
}

uint64_t count_of_value(const json& reply, std::string_view value) {
  const auto& rows = member(reply, "check_result");
  return static_cast<uint64_t>(std::count_if(
    rows.begin(), rows.end(), [&](const json& x) { return text_of(x, "value") == value; }));
}

} // namespace

void print_trial(session& s,
                 const std::string& name,
                 const json& reply,
                 const time_range& range,
                 const std::vector<std::string>& figures) {
  auto colours = s.colours();
  const auto& points = member(reply, "points");
  auto without = count_of(reply, "without_data");
  auto found = count_of_value(reply, "Abnormal"), errors = count_of_value(reply, "Internal error");
  s.io.out << tr("{} on {}, {} to {}: {} points judged, ",
                 colours.bold(printable(name)),
                 printable(s.args.text("host")),
                 readable_time(static_cast<double>(range.start)),
                 readable_time(static_cast<double>(range.end)),
                 points.is_array() ? points.size() : count_of(reply, "points"));
  if (without > 0)
    s.io.out << colours.yellow(tr("{} without data", without)) << ", ";
  if (errors > 0)
    s.io.out << colours.yellow(tr("{} with errors", errors)) << ", ";
  s.io.out << (found == 0 ? colours.green(tr("nothing found")) : colours.red(tr("{} found", found)))
           << '\n';
  if (const auto& rows = member(reply, "check_result"); !rows.empty())
    print_rows(s, name, rows);
  if (const auto& parts = member(reply, tr_later("parts")); !parts.empty())
    print_parts(s, parts, figures);
  if (without > 0 || !member(reply, "warnings").empty())
    print_series(s, member(reply, "series"));
}

void note_warnings(session& s, const std::string& name, const json& warnings) {
  for (const auto& text : warnings)
    if (text.is_string())
      s.note(tr("warning: {}: {}", name, text.get<std::string>()));
}

int trial_exit_code(const session& s, const json& reply) {
  if (has_no_data(reply))
    return exit_no_data;
  return s.args.on("exit_code") && count_of_value(reply, "Abnormal") > 0 ? exit_found : exit_done;
}

int worse_trial(int a, int b) {
  constexpr std::array order = {+exit_done, +exit_found, +exit_no_data};
  auto rank = [&](int x) { return std::find(order.begin(), order.end(), x) - order.begin(); };
  return rank(a) >= rank(b) ? a : b;
}

} // namespace aops::cli
