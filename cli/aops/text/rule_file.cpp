#include "cli/aops/text/rule_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"

#include <algorithm>
#include <vector>

namespace aops::cli {

namespace {

const std::vector<std::string_view> known_columns{"check_item",
                                                  "data_list",
                                                  "condition",
                                                  "description",
                                                  "plugin",
                                                  "severity",
                                                  "host_group_list",
                                                  "for",
                                                  "keep_firing_for",
                                                  "recover",
                                                  "no_data",
                                                  "flapping",
                                                  "labels",
                                                  "annotations",
                                                  "record",
                                                  "group",
                                                  "position"};
const std::vector<std::string_view> needed_columns{"check_item", "data_list", "condition"};

/// A map, written as JSON.
bool is_map(std::string_view column) { return column == "labels" || column == "annotations"; }

bool are_texts(const json& list) {
  return list.is_array() &&
         std::all_of(list.begin(), list.end(), [](const json& x) { return x.is_string(); });
}

json group_names(std::string_view cell) {
  if (cell.starts_with('['))
    if (auto list = parse_json(cell); list && are_texts(*list))
      return *list;
  json names = json::array();
  while (true) {
    auto end = cell.find(';');
    if (auto name = trimmed(cell.substr(0, end)); !name.empty())
      names.push_back(name);
    if (end == std::string_view::npos)
      return names;
    cell.remove_prefix(end + 1);
  }
}

expected<void> set_cell(json& rule, const std::string& column, const std::string& cell) {
  bool is_needed =
    std::find(needed_columns.begin(), needed_columns.end(), column) != needed_columns.end();
  if (!is_needed && trimmed(cell).empty())
    return {}; // The node has its own default for these.
  if (column == "host_group_list") {
    rule[column] = group_names(trimmed(cell));
  } else if (column == "data_list") {
    auto list = parse_json(cell);
    if (!list || !list->is_array())
      return fail(ec::bad_request, tr("column data_list is no JSON list"));
    rule[column] = std::move(*list);
  } else if (is_map(column)) {
    auto map = parse_json(cell);
    if (!map || !map->is_object())
      return fail(ec::bad_request, tr("column {} is no JSON object", column));
    rule[column] = std::move(*map);
  } else if (column == "position") {
    auto number = parse_json(cell);
    if (!number || !number->is_number_integer())
      return fail(ec::bad_request, tr("column {} is no whole number", column));
    rule[column] = std::move(*number);
  } else {
    rule[column] = cell;
  }
  return {};
}

expected<json> read_csv_rules(const std::string& name, std::string_view text) {
  auto table = read_csv(name, text);
  if (!table)
    return fail(table.error());
  if (auto fine = check_header(name, table->header, known_columns, needed_columns); !fine)
    return fail(fine.error());
  const auto& columns = table->header.cells;
  json rules = json::array();
  for (const auto& row : table->rows) {
    json rule = json::object();
    for (size_t i = 0; i < columns.size(); ++i)
      if (auto done = set_cell(rule, columns[i], row.cells[i]); !done)
        return fail(csv_error(name, row.line, done.error().detail));
    rules.push_back(std::move(rule));
  }
  return rules;
}

/// Names between semicolons; as JSON where these would be read as others.
std::string group_cell(const json& names) {
  std::string cell;
  for (const auto& name : names)
    cell += (cell.empty() ? "" : ";") + (name.is_string() ? name.get<std::string>() : "");
  return !cell.empty() && group_names(cell) == names ? cell : to_line(names);
}

} // namespace

json csv_row_of(json rule) {
  if (rule.contains("data_list"))
    rule["data_list"] = to_line(rule["data_list"]);
  for (const char* column : {"labels", "annotations"})
    if (rule.contains(column))
      rule[column] = to_line(rule[column]);
  if (rule.contains("host_group_list"))
    rule["host_group_list"] = group_cell(rule["host_group_list"]);
  return rule;
}

expected<json> read_rules(const std::string& name, std::string_view text) {
  if (extension_of(name) == ".csv")
    return read_csv_rules(name, text);
  auto content = parse_document(name, text);
  if (!content)
    return content;
  if (content->is_array())
    return content;
  if (content->is_object() && content->contains("check_items"))
    return member(*content, "check_items").is_array()
             ? expected<json>{member(*content, "check_items")}
             : expected<json>{fail(ec::bad_request, tr("{}: check_items is no list", name))};
  if (content->is_object() && content->contains("check_item"))
    return json::array({*content});
  return fail(ec::bad_request,
              tr("{}: holds no rules; a rule file looks like {{\"check_items\": [...]}}", name));
}

} // namespace aops::cli
