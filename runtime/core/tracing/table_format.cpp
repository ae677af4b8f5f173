#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/option_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

namespace aops::tracing {

namespace {

struct cell {
  size_t begin = 0, end = 0; ///< In the text.
  std::string value;
};

struct row {
  size_t line = 0, begin = 0, end = 0; ///< With the line's end.
  std::string key;
  std::vector<cell> cells;
  json values; ///< Of the columns but the key.
};

bool takes_rest(const syntax& how, size_t column) {
  return column + 1 == how.columns.size() && how.columns[column].ends_with("...");
}

std::string column_name(const syntax& how, size_t column) {
  const auto& name = how.columns[column];
  return takes_rest(how, column) ? name.substr(0, name.size() - 3) : name;
}

size_t key_column(const syntax& how) {
  for (size_t i = 0; i < how.columns.size(); ++i)
    if (column_name(how, i) == how.key)
      return i;
  return 0;
}

expected<std::vector<row>> read_rows(std::string_view text, const syntax& how) {
  std::vector<row> out;
  size_t number = 0, count = 0;
  auto key = key_column(how);
  for (const auto& place : source_lines(text)) {
    ++number;
    auto whole = text.substr(place.begin, place.stop - place.begin);
    auto words = trimmed(whole);
    if (words.empty() || is_comment(words, how))
      continue;
    row x{number, place.begin, place.end, {}, {}, json::object()};
    auto at = whole.find_first_not_of(blanks);
    auto stop = value_stop(whole, at, how);
    while (at < stop) {
      if (x.cells.size() == how.columns.size())
        return fault_at(number, fmt::format("more than {} columns", how.columns.size()));
      auto end =
        takes_rest(how, x.cells.size()) ? stop : std::min(whole.find_first_of(blanks, at), stop);
      auto value = whole.substr(at, end - at);
      x.cells.push_back(
        {place.begin + at, place.begin + end, end == stop ? collapsed(value) : std::string{value}});
      at = std::min(whole.find_first_not_of(blanks, end), stop);
    }
    if (x.cells.size() <= key)
      return fault_at(number, fmt::format("the column `{}` is missing", how.key));
    x.key = x.cells[key].value;
    if (x.key.size() > most_name_bytes)
      return fault_at(number, fmt::format("the column `{}` is too long", how.key));
    count += x.cells.size();
    if (count > most_values)
      return fault_at(number, fmt::format("more than {} values", most_values));
    for (size_t i = 0; i < x.cells.size(); ++i)
      if (i != key)
        append_member(x.values, column_name(how, i), x.cells[i].value);
    out.push_back(std::move(x));
  }
  return out;
}

expected<reading> read(std::string_view text, const syntax& how) {
  auto rows = read_rows(text, how);
  if (!rows)
    return fail(std::move(rows.error()));
  reading out;
  std::vector<std::pair<std::string, std::vector<json>>> sections;
  std::unordered_map<std::string, size_t> known;
  for (auto& x : *rows) {
    auto [it, is_new] = known.emplace(x.key, sections.size());
    if (is_new) {
      note_line(out, x.key, x.line);
      for (const auto& [column, value] : x.values.items())
        note_line(out, x.key, column, x.line);
      sections.push_back({x.key, {}});
    }
    sections[it->second].second.push_back(std::move(x.values));
  }
  for (auto& [key, values] : sections)
    append_member(out.values,
                  std::move(key),
                  values.size() == 1 ? std::move(values.front()) : json(std::move(values)));
  return out;
}

// -- writing

/// The cells of a row as it is to be, in the order of the columns; those at the end may be missing.
expected<std::vector<std::string>>
wanted_cells(const std::string& key, const json& values, const syntax& how) {
  auto wrong = [&](std::string_view why) {
    return fail(ec::bad_request, fmt::format("{}: {}", key, why));
  };
  if (!values.is_object())
    return wrong("must be an object of columns, or a list of them");
  std::vector<std::string> out;
  size_t used = 0;
  bool is_over = false;
  for (size_t i = 0; i < how.columns.size(); ++i) {
    if (i == key_column(how)) {
      out.push_back(key);
      continue;
    }
    auto found = values.find(column_name(how, i));
    if (found == values.end()) {
      is_over = true;
      continue;
    }
    ++used;
    if (is_over)
      return wrong("a column before the last one is missing");
    if (!found->is_string())
      return wrong("columns must be texts");
    out.push_back(found->get<std::string>());
  }
  if (used != values.size())
    return wrong("has a column that the table has not");
  return out;
}

std::string spelled(const std::vector<std::string>& cells) {
  return fmt::format("{}", fmt::join(cells, "\t"));
}

void change_row(const row& x, const std::vector<std::string>& to, changes& edits) {
  if (x.cells.size() != to.size()) {
    edits.replace(x.cells.front().begin, x.cells.back().end, spelled(to));
    return;
  }
  for (size_t i = 0; i < to.size(); ++i)
    if (x.cells[i].value != to[i])
      edits.replace(x.cells[i].begin, x.cells[i].end, to[i]);
}

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  auto rows = read_rows(text, how);
  if (!rows)
    return fail(std::move(rows.error()));
  if (!values.is_object())
    return fail(ec::bad_request, "must be an object of rows");
  std::string newline{newline_of(text)}, at_end;
  std::map<std::string, std::vector<const row*>, std::less<>> olds;
  for (const auto& x : *rows)
    olds[x.key].push_back(&x);
  changes edits;
  for (const auto& [key, wanted] : values.items()) {
    std::vector<const json*> news;
    if (wanted.is_array())
      for (const auto& x : wanted)
        news.push_back(&x);
    else
      news.push_back(&wanted);
    std::vector<std::vector<std::string>> cells;
    for (const auto* x : news) {
      auto row_cells = wanted_cells(key, *x, how);
      if (!row_cells)
        return fail(std::move(row_cells.error()));
      cells.push_back(std::move(*row_cells));
    }
    auto found = olds.find(key);
    auto lines = found == olds.end() ? std::vector<const row*>{} : std::move(found->second);
    if (found != olds.end())
      olds.erase(found);
    auto is_same = [&](size_t i, size_t j) {
      return std::equal(lines[i]->cells.begin(),
                        lines[i]->cells.end(),
                        cells[j].begin(),
                        cells[j].end(),
                        [](const cell& a, const std::string& b) { return a.value == b; });
    };
    auto match = match_lists(lines.size(), cells.size(), is_same);
    auto old_end = lines.size() - match.tail, new_end = cells.size() - match.tail;
    for (auto i = match.head; i < std::max(old_end, new_end); ++i) {
      if (i >= new_end)
        edits.remove(lines[i]->begin, lines[i]->end);
      else if (i < old_end)
        change_row(*lines[i], cells[i], edits);
      else if (old_end == 0 || lines[old_end - 1]->end == text.size())
        at_end += spelled(cells[i]) + newline;
      else
        edits.insert(lines[old_end - 1]->end, spelled(cells[i]) + newline);
    }
  }
  for (const auto& [key, lines] : olds)
    for (const auto* x : lines)
      edits.remove(x->begin, x->end);
  if (!at_end.empty())
    edits.insert(text.size(),
                 (text.empty() || text.ends_with('\n') ? std::string{} : newline) + at_end);
  return edits.applied_to(text);
}

} // namespace

const format table_format{read, write};

} // namespace aops::tracing
