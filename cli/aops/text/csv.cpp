#include "cli/aops/text/csv.hpp"

#include "cli/aops/text/language.hpp"

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

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos)
    return std::string{text};
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

} // namespace aops::cli
