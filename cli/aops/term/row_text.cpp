#include "cli/aops/term/row_text.hpp"

#include "cli/aops/term/table.hpp"
#include "cli/aops/text/csv.hpp"
#include "runtime/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aops::cli {

namespace {

bool is_plain_list(const json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const json& x) { return x.is_primitive(); });
}

/// With milliseconds where there are some.
std::string time_cell(int64_t ms) {
  auto text = base::utc_text(ms);
  if (ms % 1000 != 0)
    text.insert(text.size() - 1, fmt::format(".{:03}", ms % 1000));
  return text;
}

std::string plain_text(const std::string& column, const json& value) {
  if (value.is_null())
    return {};
  if (value.is_string())
    return value.get<std::string>();
  if (value.is_number() && is_time_column(column)) {
    auto seconds = value.get<double>();
    return seconds == 0 ? std::string{} : time_cell(std::llround(seconds * 1000));
  }
  if (!is_plain_list(value))
    return to_line(value);
  std::string text;
  for (const auto& x : value)
    text += (text.empty() ? "" : ";") + plain_text({}, x);
  return text;
}

} // namespace

std::string csv_of(const json& rows, const std::vector<std::string>& columns) {
  auto titles = table_of(rows, columns).titles;
  std::string text;
  auto end_line = [&] { text.empty() ? void() : void(text.back() = '\n'); };
  for (const auto& title : titles)
    text += csv_cell(title) + ",";
  end_line();
  for (const auto& row : rows) {
    for (const auto& title : titles)
      text += csv_cell(plain_text(title, member(row, title))) + ",";
    end_line();
  }
  return text;
}

} // namespace aops::cli
