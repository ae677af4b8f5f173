#include "cli/aops/text/csv.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

class csv_reader {
public:
  explicit csv_reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF"))
      text_.remove_prefix(3);
  }

  expected<std::vector<csv_record>> read() {
    std::vector<csv_record> records;
    while (at_ < text_.size()) {
      csv_record record{line_, {}};
      do {
        auto cell = read_cell();
        if (!cell)
          return fail(cell.error());
        record.cells.push_back(std::move(*cell));
      } while (take(','));
      end_line();
      if (record.cells.size() > 1 || !record.cells[0].empty())
        records.push_back(std::move(record));
    }
    return records;
  }

private:
  bool take(char c) {
    bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there;
    return there;
  }

  void end_line() {
    bool return_first = take('\r');
    if (take('\n') || return_first)
      ++line_;
  }

  expected<std::string> read_cell() {
    if (take('"'))
      return read_quoted();
    auto end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string cell{text_.substr(at_, end - at_)};
    at_ = end;
    return cell;
  }

  expected<std::string> read_quoted() {
    auto opened = line_;
    std::string cell;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"' && !take('"'))
        return end_quoted(std::move(cell));
      line_ += c == '\n';
      cell += c;
    }
    return fail(ec::bad_request, tr("line {}: the quote that opens here is never closed", opened));
  }

  expected<std::string> end_quoted(std::string cell) const {
    if (at_ < text_.size() && std::string_view{",\r\n"}.find(text_[at_]) == std::string_view::npos)
      return fail(ec::bad_request, tr("line {}: text after the closing quote", line_));
    return cell;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
};

} // namespace

expected<std::vector<csv_record>> parse_csv(std::string_view text) {
  return csv_reader(text).read();
}

error csv_error(const std::string& file, size_t line, std::string_view why) {
  return {ec::bad_request, tr("{}: line {}: {}", file, line, why)};
}

expected<csv_table> read_csv(const std::string& file, std::string_view text) {
  auto records = parse_csv(text);
  if (!records)
    return fail(ec::bad_request, fmt::format("{}: {}", file, records.error().detail));
  if (records->empty())
    return fail(ec::bad_request, tr("{}: is empty", file));
  csv_table table{std::move(records->front()), {}};
  for (auto& cell : table.header.cells)
    cell = trimmed(cell);
  auto width = table.header.cells.size();
  for (auto row = records->begin() + 1; row != records->end(); ++row) {
    if (row->cells.size() != width)
      return fail(csv_error(
        file, row->line, tr("{} cells where the header has {}", row->cells.size(), width)));
    table.rows.push_back(std::move(*row));
  }
  return table;
}

expected<void> check_header(const std::string& file,
                            const csv_record& header,
                            const std::vector<std::string_view>& known,
                            const std::vector<std::string_view>& needed) {
  const auto& columns = header.cells;
  auto refuse = [&](const std::string& why) { return fail(csv_error(file, header.line, why)); };
  for (const auto& column : columns) {
    if (std::find(known.begin(), known.end(), column) == known.end())
      return refuse(tr("unknown column `{}`", column));
    if (std::count(columns.begin(), columns.end(), column) > 1)
      return refuse(tr("column `{}` stands twice", column));
  }
  for (auto column : needed)
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      return refuse(tr("column `{}` is missing", column));
  return {};
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos)
    return std::string{text};
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

} // namespace aops::cli
