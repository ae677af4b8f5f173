#include "cli/aops/term/table.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace aops::cli {

namespace {

bool is_number_text(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos &&
         text.find('-', 1) == std::string::npos;
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

/// Column by column, what the drawing depends on.
struct layout {
  std::vector<size_t> widths;
  std::vector<bool> is_number;
  std::vector<bool> may_break; ///< Texts; ids, numbers and times stay in one piece.
};

bool is_time(const std::string& cell) {
  return cell.size() >= 19 && cell[4] == '-' && cell[10] == ' ' && cell[13] == ':';
}

bool is_one_piece(const std::string& cell, bool times_break = false) {
  return cell.empty() || is_id(cell) || is_number_text(cell) || (is_time(cell) && !times_break);
}

/// @param times_break The clock may stand below the date.
layout layout_of(const table& what, bool times_break) {
  layout l;
  for (size_t i = 0; i < what.titles.size(); ++i) {
    size_t width = columns(what.titles[i]);
    bool numbers = !what.rows.empty(), pieces = true;
    for (const auto& row : what.rows)
      if (i < row.size()) {
        width = std::max(width, columns(row[i]));
        numbers = numbers && (row[i].empty() || is_number_text(row[i]));
        pieces = pieces && is_one_piece(row[i], times_break);
      }
    l.widths.push_back(width);
    l.is_number.push_back(numbers);
    l.may_break.push_back(!pieces);
  }
  return l;
}

size_t total(const std::vector<size_t>& widths) {
  size_t sum = 1;
  for (auto w : widths)
    sum += w + 3;
  return sum;
}

/// Takes from the widest texts until all fits; false when they would become too narrow to read.
bool fit(const table& what, layout& l, size_t width) {
  constexpr size_t narrowest = 12;
  while (total(l.widths) > width) {
    size_t widest = 0, at = 0;
    for (size_t i = 0; i < l.widths.size(); ++i) {
      auto least = std::max(narrowest, columns(what.titles[i]));
      if (l.may_break[i] && l.widths[i] > least && l.widths[i] > widest) {
        widest = l.widths[i];
        at = i;
      }
    }
    if (widest == 0)
      return false;
    --l.widths[at];
  }
  return true;
}

table without(const table& what, size_t column) {
  auto rest = what;
  auto drop = [column](std::vector<std::string>& cells) {
    if (column < cells.size())
      cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(column));
  };
  drop(rest.titles);
  for (auto& row : rest.rows)
    drop(row);
  return rest;
}

/// Where `host_id` says no more than `host_name` beside it.
std::optional<size_t> spare_column(const table& what) {
  const auto& titles = what.titles;
  auto id = std::find(titles.begin(), titles.end(), "host_id");
  bool is_spare =
    id != titles.end() && std::find(titles.begin(), titles.end(), "host_name") != titles.end();
  return is_spare ? std::optional<size_t>{static_cast<size_t>(id - titles.begin())} : std::nullopt;
}

/// Ids as short as they can be told apart, at least 12 digits.
table with_short_ids(const table& what) {
  auto cut = what;
  for (size_t column = 0; column < what.titles.size(); ++column) {
    std::set<std::string> whole, shown;
    bool are_ids = true;
    for (const auto& row : what.rows) {
      auto cell = column < row.size() ? row[column] : std::string{};
      are_ids = are_ids && (cell.empty() || is_id(cell));
      whole.insert(std::move(cell));
    }
    size_t length = 12;
    for (; are_ids && length < 32; ++length) {
      shown.clear();
      for (const auto& id : whole)
        shown.insert(id.substr(0, length));
      if (shown.size() == whole.size())
        break;
    }
    for (auto& row : cut.rows)
      if (are_ids && column < row.size())
        row[column].resize(std::min(row[column].size(), length));
  }
  return cut;
}

std::string draw(const table& what, const layout& l, const painter& paint) {
  auto line = [&](const std::vector<std::string>& cells, std::optional<size_t> row) {
    std::string text = "|";
    for (size_t i = 0; i < l.widths.size(); ++i) {
      auto cell = padded(i < cells.size() ? cells[i] : "", l.widths[i], row && l.is_number[i]);
      text += " " + (row && paint ? paint(*row, i, cell) : cell) + " |";
    }
    return text + "\n";
  };
  auto text = frame(l.widths) + line(what.titles, std::nullopt) + frame(l.widths);
  for (size_t r = 0; r < what.rows.size(); ++r) {
    std::vector<std::vector<std::string>> pieces;
    size_t height = 1;
    for (size_t i = 0; i < l.widths.size(); ++i) {
      pieces.push_back(wrapped(i < what.rows[r].size() ? what.rows[r][i] : "", l.widths[i]));
      height = std::max(height, pieces.back().size());
    }
    for (size_t n = 0; n < height; ++n) {
      std::vector<std::string> cells;
      for (const auto& piece : pieces)
        cells.push_back(n < piece.size() ? piece[n] : "");
      text += line(cells, r);
    }
  }
  return what.rows.empty() ? text : text + frame(l.widths);
}

/// A block per row, for what no terminal of this width could show side by side.
std::string draw_blocks(const table& what, size_t width, const painter& paint) {
  size_t names = 0;
  for (const auto& title : what.titles)
    names = std::max(names, columns(title));
  size_t room = width > names + 14 ? width - names - 2 : 12;
  std::string text;
  for (size_t r = 0; r < what.rows.size(); ++r) {
    text += r ? "\n" : "";
    for (size_t i = 0; i < what.titles.size() && i < what.rows[r].size(); ++i) {
      auto lead = padded(what.titles[i], names, false) + "  ";
      const auto& cell = what.rows[r][i];
      for (const auto& piece :
           is_one_piece(cell) ? std::vector<std::string>{cell} : wrapped(cell, room)) {
        auto shown = lead + (paint ? paint(r, i, piece) : piece);
        text += shown.substr(0, shown.find_last_not_of(' ') + 1) + "\n";
        lead.assign(names + 2, ' ');
      }
    }
  }
  return text;
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

bool is_time_column(std::string_view name) {
  if (name == "start" || name == "end" || name == "time" || name == "first" || name == "last")
    return true;
  if (name.starts_with("first_") || name.starts_with("last_"))
    return true;
  for (std::string_view end :
       {"since", "started", "ended", "until", "_at", "created", "expires", "seen", "collected"})
    if (name.ends_with(end))
      return true;
  return false;
}

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
      auto time = is_time ? value.get<double>() : 0;
      cells.push_back(!is_time ? cell_text(value) : time == 0 ? "" : readable_time(time));
    }
  }
  for (auto& title : result.titles)
    title = printable(title);
  return result;
}

std::string render(const table& what, size_t width, const painter& paint) {
  if (width == 0 || what.rows.empty())
    return draw(what, layout_of(what, false), paint);
  auto try_to_draw = [&](const table& x, const painter& how) -> std::string {
    for (bool times_break : {false, true})
      if (auto l = layout_of(x, times_break); fit(x, l, width))
        return draw(x, l, how);
    return {};
  };
  if (auto whole = try_to_draw(what, paint); !whole.empty())
    return whole;
  auto spare = spare_column(what);
  auto rest = spare ? without(what, *spare) : what;
  auto repaint = [&](size_t row, size_t column, std::string cell) {
    return paint(row, column + (spare && column >= *spare ? 1 : 0), std::move(cell));
  };
  auto how = paint ? painter{repaint} : painter{};
  if (auto narrower = spare ? try_to_draw(rest, how) : std::string{}; !narrower.empty())
    return narrower + tr("host_id does not fit; -o wide shows it\n");
  if (auto narrowest = try_to_draw(with_short_ids(rest), how); !narrowest.empty())
    return narrowest + tr("ids are shortened; -o wide shows them whole\n");
  return draw_blocks(what, width, paint);
}

} // namespace aops::cli
