#include "cli/aops/text/task_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"

#include <vector>

namespace aops::cli {

namespace {

/// The rows of a file with a head line of these columns, in any order; the first must be there.
/// Each has the number of its line beside them.
expected<json> read_table(const std::string& name,
                          std::string_view text,
                          const std::vector<std::string_view>& columns) {
  auto table = read_csv(name, text);
  if (!table)
    return fail(table.error());
  if (auto fine = check_header(name, table->header, columns, {columns.front()}); !fine)
    return fail(fine.error());
  json rows = json::array();
  for (const auto& record : table->rows) {
    json row = {{"line", record.line}};
    for (size_t i = 0; i < record.cells.size(); ++i)
      row[table->header.cells[i]] = trimmed(record.cells[i]);
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
        return fail(csv_error(
          name, count_of(row, "line"), tr("{}: `{}` is neither true nor false", flag, word)));
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
      return fail(csv_error(name, count_of(row, "line"), tr("{} is given twice", key)));
    variables[key] = text_of(row, "value");
  }
  return variables;
}

} // namespace aops::cli
