#include "cli/aops/text/rule_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

constexpr std::array known_columns{
  "check_item", "data_list", "condition", "description", "plugin", "severity", "host_group_list"};

auto refuse(const std::string& name, size_t line, std::string_view why) {
  return fail(ec::bad_request, tr("{}: line {}: {}", name, line, why));
}

json group_names(std::string_view cell) {
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
  bool is_optional = column == "plugin" || column == "severity" || column == "host_group_list";
  if (is_optional && trimmed(cell).empty())
    return {}; // The node has its own default for these.
  if (column == "host_group_list") {
    rule[column] = group_names(cell);
  } else if (column == "data_list") {
    auto list = parse_json(cell);
    if (!list || !list->is_array())
      return fail(ec::bad_request, tr("column data_list is no JSON list"));
    rule[column] = std::move(*list);
  } else {
    rule[column] = cell;
  }
  return {};
}

expected<std::vector<std::string>> read_header(const std::string& name, const csv_record& record) {
  std::vector<std::string> header;
  for (const auto& cell : record.cells) {
    auto column = trimmed(cell);
    if (std::find(known_columns.begin(), known_columns.end(), column) == known_columns.end())
      return refuse(name, record.line, tr("unknown column `{}`", column));
    if (std::find(header.begin(), header.end(), column) != header.end())
      return refuse(name, record.line, tr("column `{}` stands twice", column));
    header.push_back(column);
  }
  for (const auto* needed : {"check_item", "data_list", "condition"})
    if (std::find(header.begin(), header.end(), needed) == header.end())
      return refuse(name, record.line, tr("column `{}` is missing", needed));
  return header;
}

expected<json> read_csv_rules(const std::string& name, std::string_view text) {
  auto records = parse_csv(text);
  if (!records)
    return fail(ec::bad_request, fmt::format("{}: {}", name, records.error().detail));
  if (records->empty())
    return fail(ec::bad_request, tr("{}: is empty", name));
  auto header = read_header(name, records->front());
  if (!header)
    return fail(header.error());
  json rules = json::array();
  for (auto record = records->begin() + 1; record != records->end(); ++record) {
    if (record->cells.size() != header->size())
      return refuse(name,
                    record->line,
                    tr("{} cells where the header has {}", record->cells.size(), header->size()));
    json rule = json::object();
    for (size_t i = 0; i < header->size(); ++i)
      if (auto done = set_cell(rule, (*header)[i], record->cells[i]); !done)
        return refuse(name, record->line, done.error().detail);
    rules.push_back(std::move(rule));
  }
  return rules;
}

} // namespace

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
