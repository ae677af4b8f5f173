#include "runtime/core/promql/series_notation.hpp"

#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/promql/parser.hpp"
#include "runtime/core/promql/source.hpp"

#include <charconv>

namespace aops::promql {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the labels of a series end: after the braces, or at the first space.
size_t end_of_metric(std::string_view line) {
  char quote = 0;
  bool braces = false;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote != '`')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '{') {
      braces = true;
    } else if (c == '}') {
      return i + 1;
    } else if (!braces && is_space(c)) {
      // Braces may stand apart from the name.
      size_t next = line.find_first_not_of(" \t", i);
      if (next == std::string_view::npos || line[next] != '{' || line.substr(next, 2) == "{{")
        return i;
      i = next - 1;
    }
  }
  return line.size();
}

/// Bytes of the number at the front: signed, with an exponent, or a word; `0x5` is a 0 with what
/// follows it.
size_t number_length(std::string_view text) {
  size_t i = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  size_t begin = i;
  auto word = text.substr(i, 3);
  if (word.size() == 3 && ((word[0] | 0x20) == 'i' || (word[0] | 0x20) == 'n')) {
    double ignored = 0;
    return parse_float(word, ignored) ? i + 3 : 0;
  }
  auto digits = [&] {
    while (i < text.size() && (is_digit(text[i]) || text[i] == '.'))
      ++i;
  };
  digits();
  if (i == begin)
    return 0;
  if (i < text.size() && (text[i] | 0x20) == 'e') {
    size_t e = i++;
    if (i < text.size() && (text[i] == '+' || text[i] == '-'))
      ++i;
    if (i < text.size() && is_digit(text[i]))
      digits();
    else
      i = e;
  }
  return i;
}

bool take_number(std::string_view& text, double& out) {
  size_t length = number_length(text);
  if (length == 0 || !parse_float(text.substr(0, length), out))
    return false;
  text.remove_prefix(length);
  return true;
}

/// One word of points: what it begins with, how it goes on, how often.
struct notation {
  noted_point first;
  double change = 0;
  bool changes = false;
};

bool take_histogram(std::string_view& text) {
  auto end = text.find("}}");
  if (!text.starts_with("{{") || end == std::string_view::npos)
    return false;
  text.remove_prefix(end + 2);
  return true;
}

bool take_start(std::string_view& text, notation& n) {
  using kind = noted_point::kind;
  if (text.starts_with("_")) {
    text.remove_prefix(1);
    return true;
  }
  if (text.starts_with("stale")) {
    text.remove_prefix(5);
    n.first = {kind::value, stale_marker()};
    return true;
  }
  if (take_histogram(text)) {
    n.first.what = kind::histogram;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      text.remove_prefix(1);
      return take_histogram(text);
    }
    return true;
  }
  n.first.what = kind::value;
  if (!take_number(text, n.first.value))
    return false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    bool minus = text[0] == '-';
    text.remove_prefix(1);
    n.changes = take_number(text, n.change);
    if (minus)
      n.change = -n.change;
    return n.changes;
  }
  return true;
}

bool add_points(std::string_view word, size_t most, std::vector<noted_point>& out) {
  notation n;
  auto rest = word;
  if (!take_start(rest, n))
    return false;
  uint64_t more = 0;
  bool repeated = !rest.empty() && rest[0] == 'x';
  if (repeated) {
    rest.remove_prefix(1);
    auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), more);
    if (problem != std::errc() || end != rest.data() + rest.size())
      return false;
  } else if (!rest.empty()) {
    return false;
  }
  // What is left out is left out as often as is said, all else once more.
  uint64_t count = n.first.what == noted_point::kind::omitted && repeated ? more : more + 1;
  if (count > most || out.size() + count > most)
    return false;
  auto p = n.first;
  for (uint64_t i = 0; i < count; ++i) {
    out.push_back(p);
    p.value += n.changes ? n.change : 0;
  }
  return true;
}

} // namespace

expected<std::vector<noted_point>> parse_points(std::string_view text, size_t most_points) {
  std::vector<noted_point> out;
  for (size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    size_t begin = i;
    bool histogram = false; // It has spaces of its own.
    for (; i < text.size() && (histogram || !is_space(text[i])); ++i) {
      if (text.substr(i, 2) == "{{")
        histogram = true;
      else if (text.substr(i, 2) == "}}")
        histogram = false;
    }
    auto word = text.substr(begin, i - begin);
    if (!add_points(word, most_points, out))
      return fail(ec::bad_request, "no points of a series: " + std::string(word.substr(0, 80)));
  }
  return out;
}

expected<noted_series> parse_series(std::string_view line, size_t most_points) {
  size_t end = end_of_metric(line);
  auto metric = parse_metric(line.substr(0, end));
  if (!metric)
    return fail(metric.error());
  auto points = parse_points(line.substr(end), most_points);
  if (!points)
    return fail(points.error());
  return noted_series{std::move(*metric), std::move(*points)};
}

} // namespace aops::promql
