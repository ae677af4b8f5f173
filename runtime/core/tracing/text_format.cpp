#include "runtime/core/task/line_diff.hpp"
#include "runtime/core/tracing/formats.hpp"
#include "runtime/core/tracing/option_lines.hpp"

#include <algorithm>

namespace aops::tracing {

namespace {

/// Whether a line counts. Where the syntax knows comments, neither they nor empty lines do.
bool counts(std::string_view line, const syntax& how) {
  if (how.comments.empty())
    return true;
  auto words = trimmed(line);
  return !words.empty() && !is_comment(words, how);
}

std::string_view shown(std::string_view line, const syntax& how) {
  return how.trim ? trimmed(line) : line;
}

/// The lines that count, and which of the source they are.
struct counted_lines {
  std::string text;
  std::vector<size_t> places;
};

counted_lines
counted(std::string_view text, const std::vector<source_line>& lines, const syntax& how) {
  counted_lines out;
  for (size_t i = 0; i < lines.size(); ++i) {
    auto line = text.substr(lines[i].begin, lines[i].stop - lines[i].begin);
    if (!counts(line, how))
      continue;
    out.text.append(shown(line, how)).append(1, '\n');
    out.places.push_back(i);
  }
  return out;
}

expected<reading> read(std::string_view text, const syntax& how) {
  reading out;
  auto lines = json::array();
  for (const auto& x : source_lines(text)) {
    auto line = text.substr(x.begin, x.stop - x.begin);
    if (counts(line, how))
      lines.push_back(std::string{shown(line, how)});
  }
  if (!lines.empty()) {
    append_member(out.values, "lines", std::move(lines));
    note_line(out, "lines", 1);
  }
  return out;
}

expected<std::string> wanted_in(const json& values) {
  std::string out;
  if (!values.is_object() || values.size() > 1 || (values.size() == 1 && !values.contains("lines")))
    return fail(ec::bad_request, "must be an object with `lines` only");
  if (values.empty())
    return out;
  const auto& lines = values.begin().value();
  if (!lines.is_array())
    return fail(ec::bad_request, "lines: must be a list of texts");
  for (const auto& line : lines) {
    if (!line.is_string() || line.get_ref<const std::string&>().find('\n') != std::string::npos)
      return fail(ec::bad_request, "lines: must be texts of one line");
    out.append(line.get_ref<const std::string&>()).append(1, '\n');
  }
  return out;
}

expected<std::string> write(std::string_view given, const json& values, const syntax& how) {
  auto wanted = wanted_in(values);
  if (!wanted)
    return fail(std::move(wanted.error()));
  std::string newline{newline_of(given)};
  std::string text{given};
  bool is_ended = text.empty() || text.ends_with('\n');
  if (!is_ended)
    text += newline;
  auto lines = source_lines(text);
  auto olds = counted(text, lines, how);
  changes edits;
  size_t done = 0;  // Of the old lines that count.
  size_t place = 0; // Where a new line comes in.
  std::string_view indent;
  bool is_last_kept = true;
  for (const auto& x : task::line_edits(olds.text, *wanted)) {
    if (x.what == '+') {
      is_last_kept = is_last_kept && place < text.size();
      edits.insert(place, std::string{how.trim ? indent : ""} + std::string{x.line} + newline);
      continue;
    }
    const auto& line = lines[olds.places[done++]];
    if (x.what == '-') {
      edits.remove(line.begin, line.end);
      is_last_kept = is_last_kept && line.end < text.size();
    }
    indent = indent_at(text, line.begin);
    place = line.end;
  }
  auto out = edits.applied_to(text);
  if (!is_ended && is_last_kept)
    out.resize(out.size() - newline.size());
  return out;
}

} // namespace

const format text_format{read, write};

} // namespace aops::tracing
