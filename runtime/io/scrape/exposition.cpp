#include "runtime/io/scrape/exposition.hpp"

#include "runtime/base/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace aops::scrape {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_label_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_label_char(char c) { return is_label_start(c) || is_digit(c); }
constexpr bool is_name_start(char c) { return is_label_start(c) || c == ':'; }
constexpr bool is_name_char(char c) { return is_name_start(c) || is_digit(c); }

void skip_blanks(std::string_view& x) {
  size_t n = 0;
  while (n < x.size() && is_blank(x[n]))
    ++n;
  x.remove_prefix(n);
}

/// Takes what stands before the next blank.
std::string_view take_word(std::string_view& x) {
  size_t n = 0;
  while (n < x.size() && !is_blank(x[n]))
    ++n;
  auto word = x.substr(0, n);
  x.remove_prefix(n);
  return word;
}

/// The length of one well-formed UTF-8 sequence of at least two bytes at the front of `x`, 0 when
/// there is none.
size_t utf8_sequence(std::string_view x) {
  auto byte = [&](size_t i) -> unsigned {
    return i < x.size() ? static_cast<unsigned char>(x[i]) : 0u;
  };
  auto follows = [&](size_t from, size_t until) {
    for (size_t i = from; i < until; ++i)
      if ((byte(i) & 0xC0) != 0x80)
        return false;
    return true;
  };
  unsigned lead = byte(0), second = byte(1);
  if (lead >= 0xC2 && lead <= 0xDF)
    return follows(1, 2) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) { // Neither overlong nor a surrogate.
    bool fits =
      follows(1, 3) && !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second > 0x9F);
    return fits ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) { // Neither overlong nor beyond U+10FFFF.
    bool fits =
      follows(1, 4) && !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second > 0x8F);
    return fits ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view x) {
  while (!x.empty()) {
    size_t n = static_cast<unsigned char>(x[0]) < 0x80 ? 1 : utf8_sequence(x);
    if (n == 0)
      return false;
    x.remove_prefix(n);
  }
  return true;
}

/// One pass over one page. Functions that can fail return a reason, or null.
class page_parser {
public:
  using reason = const char*;

  explicit page_parser(line_sink& sink) : sink_(sink) { labels_.reserve(16); }

  expected<page_summary> run(std::string_view page) {
    while (!page.empty() && !ended_) {
      auto end = static_cast<const char*>(std::memchr(page.data(), '\n', page.size()));
      size_t n = end ? static_cast<size_t>(end - page.data()) : page.size();
      auto line = page.substr(0, n);
      page.remove_prefix(std::min(n + 1, page.size()));
      ++summary_.lines;
      if (line.ends_with('\r'))
        line.remove_suffix(1);
      if (reason why = read(line))
        return fail(ec::corrupt, fmt::format("line {}: {}", summary_.lines, why));
      if (refusal_)
        return fail(refusal_->code, fmt::format("line {}: {}", summary_.lines, refusal_->detail));
    }
    return summary_;
  }

private:
  reason read(std::string_view line) {
    skip_blanks(line);
    if (line.empty())
      return nullptr;
    if (line.front() == '#')
      return read_comment(line);
    ++summary_.samples;
    if (size_t n = sink_.recognise(line); n > 0 && n <= line.size()) {
      std::string_view value;
      auto rest = line.substr(n);
      skip_blanks(rest);
      if (!rest.starts_with('{')) {
        if (reason why = read_value(rest, value))
          return why;
        return heed(sink_.on_known(value));
      }
    }
    return read_sample(line);
  }

  reason read_comment(std::string_view line) {
    line.remove_prefix(1);
    skip_blanks(line);
    auto word = take_word(line);
    if (word == "EOF") {
      ended_ = true;
    } else if (word == "TYPE") {
      skip_blanks(line);
      auto name = take_word(line);
      skip_blanks(line);
      auto kind = take_word(line);
      if (name.empty() || kind.empty())
        return "a TYPE comment needs a name and a type";
      sink_.on_type(name, kind);
    }
    return nullptr;
  }

  reason read_sample(std::string_view line) {
    if (!is_name_start(line.front()))
      return "a metric name cannot begin like this";
    auto rest = line;
    while (!rest.empty() && is_name_char(rest.front()))
      rest.remove_prefix(1);
    auto name = line.substr(0, line.size() - rest.size());
    if (name != last_name_) {
      last_name_ = name;
      last_wanted_ = sink_.wants(name);
    }
    if (!last_wanted_)
      return nullptr;
    auto series = name;
    labels_.clear();
    if (auto after = rest; skip_blanks(after), after.starts_with('{')) {
      if (reason why = read_labels(after))
        return why;
      series = line.substr(0, line.size() - after.size());
      rest = after;
    } else if (!rest.empty() && !is_blank(rest.front())) {
      return "a character that no metric name has";
    }
    std::string_view value;
    if (reason why = read_value(rest, value))
      return why;
    return heed(sink_.on(series, name, label_view(labels_), value));
  }

  reason heed(expected<void> taken) {
    if (!taken)
      refusal_ = std::move(taken.error());
    return nullptr;
  }

  /// From `{` to past `}`.
  reason read_labels(std::string_view& rest) {
    rest.remove_prefix(1);
    for (;;) {
      skip_blanks(rest);
      if (rest.starts_with('}'))
        break;
      if (reason why = read_label(rest))
        return why;
      skip_blanks(rest);
      if (rest.starts_with(','))
        rest.remove_prefix(1);
      else if (!rest.starts_with('}'))
        return "labels lack a comma or the closing brace";
    }
    rest.remove_prefix(1);
    return nullptr;
  }

  reason read_label(std::string_view& rest) {
    label_text label;
    size_t n = 0;
    while (n < rest.size() && is_label_char(rest[n]))
      ++n;
    if (n == 0 || !is_label_start(rest.front()))
      return "a label name is missing or malformed";
    label.name = rest.substr(0, n);
    rest.remove_prefix(n);
    skip_blanks(rest);
    if (!rest.starts_with('='))
      return "a label lacks '='";
    rest.remove_prefix(1);
    skip_blanks(rest);
    if (!rest.starts_with('"'))
      return "a label value lacks its opening quote";
    rest.remove_prefix(1);
    if (reason why = read_quoted(rest, label))
      return why;
    for (const auto& other : labels_)
      if (other.name == label.name)
        return "a label name stands twice";
    labels_.push_back(label);
    return nullptr;
  }

  /// From after the opening quote to past the closing one.
  static reason read_quoted(std::string_view& rest, label_text& label) {
    size_t n = 0;
    unsigned char bits = 0;
    while (n < rest.size() && rest[n] != '"') {
      if (rest[n] == '\\') {
        label.escaped = true;
        ++n;
        if (n == rest.size())
          break;
      }
      bits |= static_cast<unsigned char>(rest[n++]);
    }
    if (n >= rest.size())
      return "a label value lacks its closing quote";
    label.raw = rest.substr(0, n);
    rest.remove_prefix(n + 1);
    return bits >= 0x80 && !is_utf8(label.raw) ? "a label value is not UTF-8" : nullptr;
  }

  /// The value, and whether what follows it is a time stamp, an exemplar or nothing.
  static reason read_value(std::string_view rest, std::string_view& value) {
    skip_blanks(rest);
    value = take_word(rest);
    if (value.empty())
      return "the value is missing";
    skip_blanks(rest);
    if (rest.empty() || rest.front() == '#')
      return nullptr;
    for (char c : take_word(rest))
      if (!is_digit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E')
        return "the time stamp is no number";
    skip_blanks(rest);
    return rest.empty() || rest.front() == '#' ? nullptr : "something stands after the time stamp";
  }

  line_sink& sink_;
  page_summary summary_;
  std::vector<label_text> labels_;
  std::string_view last_name_;
  std::optional<error> refusal_;
  bool last_wanted_ = false;
  bool ended_ = false;
};

class collecting_sink : public line_sink {
public:
  explicit collecting_sink(size_t limit) : limit_(limit) {}

  bool wants(std::string_view) override { return found.size() < limit_; }

  expected<void> on(std::string_view,
                    std::string_view name,
                    const label_view& labels,
                    std::string_view value_text) override {
    auto value = base::read_number(value_text);
    if (!value)
      return fail(ec::corrupt, "the value is no number");
    if (found.size() < limit_)
      found.emplace_back(series_key{std::string(name), labels.to_set()}, *value);
    return {};
  }

  std::vector<std::pair<series_key, number>> found;

private:
  size_t limit_;
};

} // namespace

label_set label_view::to_set() const {
  label_set result;
  for (const auto& label : labels_) {
    if (label.raw.empty() || label.name == "instance" || label.name == "job")
      continue;
    result.emplace(label.name, label.escaped ? unescape(label.raw) : std::string(label.raw));
  }
  return result;
}

std::string unescape(std::string_view raw) {
  std::string result;
  result.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (next == '\\' || next == '"' || next == 'n') {
      result += next == 'n' ? '\n' : next;
      ++i;
    } else {
      result += raw[i];
    }
  }
  return result;
}

expected<page_summary> parse_exposition(std::string_view page, line_sink& sink) {
  return page_parser(sink).run(page);
}

expected<std::vector<std::pair<series_key, number>>> all_series(std::string_view page,
                                                                size_t limit) {
  collecting_sink sink(limit);
  if (auto read = parse_exposition(page, sink); !read)
    return fail(read.error());
  return std::move(sink.found);
}

} // namespace aops::scrape
