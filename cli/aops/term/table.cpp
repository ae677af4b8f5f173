#include "cli/aops/term/table.hpp"

#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <algorithm>
#include <optional>

namespace aops::cli {

namespace {

bool is_number_text(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos &&
         text.find('-', 1) == std::string::npos;
}

bool is_time_column(const std::string& key) {
  return key == "start" || key == "end" || key == "time" || key == "first" || key == "last";
}

std::string padded(const std::string& text, size_t width, bool right) {
  std::string gap(width - std::min(width, columns(text)), ' ');
  return right ? gap + text : text + gap;
}

std::string frame(const std::vector<size_t>& widths) {
  std::string line = "+";
  for (auto w : widths)
    line += std::string(w + 2, '-') + "+";
  return line + "\n";
}

std::vector<std::string> columns_of(const json& rows, const std::vector<std::string>& preferred) {
  auto some_row_has = [&](const std::string& key) {
    return std::any_of(
      rows.begin(), rows.end(), [&](const json& row) { return row.contains(key); });
  };
  std::vector<std::string> keys;
  for (const auto& key : preferred) {
    if (key != "*") {
      if (rows.empty() || some_row_has(key))
        keys.push_back(key);
      continue;
    }
    for (const auto& row : rows)
      for (auto i = row.begin(); row.is_object() && i != row.end(); ++i)
        if (std::find(keys.begin(), keys.end(), i.key()) == keys.end())
          keys.push_back(i.key());
  }
  return keys;
}

} // namespace

std::string cell_text(const json& value) {
  if (value.is_null())
    return {};
  if (value.is_string())
    return printable(value.get_ref<const std::string&>());
  bool plain_list = value.is_array() && std::all_of(value.begin(), value.end(), [](const json& x) {
                      return x.is_primitive();
                    });
  if (!plain_list)
    return printable(to_line(value));
  std::vector<std::string> parts;
  for (const auto& x : value)
    parts.push_back(cell_text(x));
  return joined(parts, ", ");
}

table table_of(const json& rows, const std::vector<std::string>& preferred) {
  table result;
  if (!rows.is_array())
    return result;
  result.titles = columns_of(rows, preferred);
  for (const auto& row : rows) {
    auto& cells = result.rows.emplace_back();
    for (const auto& key : result.titles) {
      const auto& value = member(row, key);
      bool is_time = value.is_number() && is_time_column(key);
      cells.push_back(is_time ? readable_time(value.get<double>()) : cell_text(value));
    }
  }
  for (auto& title : result.titles)
    title = printable(title);
  return result;
}

std::string render(const table& what, size_t widest, const painter& paint) {
  auto shown = what;
  std::vector<size_t> widths;
  for (const auto& title : what.titles)
    widths.push_back(columns(title));
  std::vector<bool> is_number(what.titles.size(), !what.rows.empty());
  for (auto& row : shown.rows)
    for (size_t i = 0; i < widths.size() && i < row.size(); ++i) {
      if (widest)
        row[i] = clipped(row[i], widest);
      widths[i] = std::max(widths[i], columns(row[i]));
      is_number[i] = is_number[i] && (row[i].empty() || is_number_text(row[i]));
    }
  auto line = [&](const std::vector<std::string>& cells, std::optional<size_t> row) {
    std::string text = "|";
    for (size_t i = 0; i < widths.size(); ++i) {
      auto cell = padded(i < cells.size() ? cells[i] : "", widths[i], row && is_number[i]);
      text += " " + (row && paint ? paint(*row, i, cell) : cell) + " |";
    }
    return text + "\n";
  };
  auto text = frame(widths) + line(shown.titles, std::nullopt) + frame(widths);
  for (size_t i = 0; i < shown.rows.size(); ++i)
    text += line(shown.rows[i], i);
  return shown.rows.empty() ? text : text + frame(widths);
}

} // namespace aops::cli
