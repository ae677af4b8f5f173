#include "cli/aops/text/task_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"

#include <algorithm>
#include <vector>

namespace aops::cli {

namespace {

tl::unexpected<error> refuse(const std::string& name, size_t line, const std::string& why) {
  return fail(ec::bad_request, tr("{}: line {}: {}", name, line, why));
}

/// The rows of a file with a head line of these columns, in any order; the first must be there.
expected<json> read_table(const std::string& name,
                          std::string_view text,
                          const std::vector<std::string>& columns) {
  auto records = parse_csv(text);
  if (!records)
    return fail(ec::bad_request, fmt::format("{}: {}", name, records.error().detail));
  if (records->empty())
    return fail(ec::bad_request, tr("{}: is empty", name));
  std::vector<std::string> header;
  for (const auto& cell : records->front().cells) {
    auto column = trimmed(cell);
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      return refuse(name, records->front().line, tr("unknown column `{}`", column));
    if (std::find(header.begin(), header.end(), column) != header.end())
      return refuse(name, records->front().line, tr("column `{}` stands twice", column));
    header.push_back(column);
  }
  if (std::find(header.begin(), header.end(), columns.front()) == header.end())
    return refuse(name, records->front().line, tr("column `{}` is missing", columns.front()));
  json rows = json::array();
  for (auto record = records->begin() + 1; record != records->end(); ++record) {
    if (record->cells.size() != header.size())
      return refuse(name,
                    record->line,
                    tr("{} cells where the header has {}", record->cells.size(), header.size()));
    json row = {{"line", record->line}};
    for (size_t i = 0; i < header.size(); ++i)
      row[header[i]] = trimmed(record->cells[i]);
    rows.push_back(std::move(row));
  }
  return rows;
}

expected<json> read_csv_steps(const std::string& name, std::string_view text) {
  auto rows = read_table(name, text, {"step", "enable", "continue"});
  if (!rows)
    return rows;
  json steps = json::array();
  for (const auto& row : *rows) {
    json step{{"step", text_of(row, "step")}};
    for (const auto* flag : {"enable", "continue"}) {
      auto word = lower_case(text_of(row, flag));
      if (word.empty())
        continue; // The node has its own default.
      if (word != "true" && word != "false")
        return refuse(
          name, count_of(row, "line"), tr("{}: `{}` is neither true nor false", flag, word));
      step[flag] = word == "true";
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

} // namespace

expected<json> read_steps(const std::string& name, std::string_view text) {
  if (extension_of(name) == ".csv")
    return read_csv_steps(name, text);
  auto content = parse_document(name, text);
  if (!content)
    return content;
  auto steps = std::move(*content);
  if (steps.is_object() && steps.contains("step_list"))
    steps = json(steps["step_list"]);
  if (!steps.is_object())
    return steps;
  auto list = json::array();
  for (const auto& [step_name, settings] : steps.items()) {
    if (!settings.is_object())
      return steps; // The node says what is wrong with it.
    json step{{"step", step_name}};
    step.update(settings);
    list.push_back(std::move(step));
  }
  return list;
}

expected<json> read_variables(const std::string& name, std::string_view text) {
  if (extension_of(name) != ".csv")
    return parse_document(name, text);
  auto rows = read_table(name, text, {"name", "value"});
  if (!rows)
    return rows;
  json variables = json::object();
  for (const auto& row : *rows) {
    auto key = text_of(row, "name");
    if (variables.contains(key))
      return refuse(name, count_of(row, "line"), tr("{} is given twice", key));
    variables[key] = text_of(row, "value");
  }
  return variables;
}

} // namespace aops::cli
