#include "cli/vectors/promql_script.hpp"

#include "runtime/core/promql/lexer.hpp"

#include <cmath>
#include <re2/re2.h>

namespace aops::vectors::promql_script {

namespace {

using re2::RE2;

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Lines without the spaces around them; a comment is an empty line.
std::vector<std::string> lines_of(std::string_view script) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= script.size();) {
    auto end = std::min(script.find('\n', at), script.size());
    auto line = trimmed(script.substr(at, end - at));
    out.emplace_back(line.starts_with("#") ? std::string_view() : line);
    at = end + 1;
  }
  return out;
}

/// A duration or a number of seconds; `-` before it goes back.
bool time_of(const std::string& text, int64_t& ms) {
  double seconds = 0;
  if (promql::parse_number(text, seconds) && std::abs(seconds) < 1e12) {
    ms = std::llround(seconds * 1000);
    return true;
  }
  bool back = text.starts_with("-");
  ms = promql::parse_duration(std::string_view(text).substr(back ? 1 : 0));
  bool reads = ms >= 0;
  if (back)
    ms = -ms;
  return reads;
}

class reader {
public:
  explicit reader(std::string_view script) : lines_(lines_of(script)) {}

  std::vector<command> all() {
    std::vector<command> out;
    for (; at_ < lines_.size(); ++at_) {
      const auto& line = lines_[at_];
      if (line.empty())
        continue;
      command c;
      c.line = at_ + 1;
      if (line == "clear")
        c.what = clear{};
      else if (line.starts_with("load"))
        c.what = read_load(line);
      else if (line.starts_with("eval"))
        c.what = read_eval(line);
      else
        c.what = read_unknown(line);
      c.problem = std::exchange(problem_, {});
      out.push_back(std::move(c));
    }
    return out;
  }

private:
  void refuse(const std::string& why) {
    if (problem_.empty())
      problem_ = "line " + std::to_string(at_ + 1) + ": " + why;
  }
  void read_time(const std::string& text, int64_t& ms) {
    if (!time_of(text, ms))
      refuse("no time: " + text);
  }
  /// The next line of a command; false at an empty one.
  bool next() {
    if (at_ + 1 >= lines_.size() || lines_[at_ + 1].empty())
      return false;
    ++at_;
    return true;
  }
  promql::noted_series read_series() {
    auto found = promql::parse_series(lines_[at_]);
    if (found)
      return std::move(*found);
    refuse(found.error().detail);
    return {};
  }

  unreadable read_unknown(const std::string& line) {
    refuse("no command: " + line);
    while (next()) // What stands below it belongs to it.
      ;
    return {line};
  }

  load read_load(const std::string& line) {
    static const RE2 form(R"(load(_with_nhcb)?\s+(\S+))");
    load out;
    std::string histograms, step;
    if (!RE2::FullMatch(line, form, &histograms, &step))
      refuse("no load: " + line);
    out.with_histograms = !histograms.empty();
    read_time(step, out.step_ms);
    while (next())
      out.series.push_back(read_series());
    return out;
  }

  eval read_eval(const std::string& line) {
    static const RE2 instant(
      R"(eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+))");
    static const RE2 range(
      R"(eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+))");
    eval out;
    std::string mode, from = "0", to = "0", step = "1";
    if (RE2::FullMatch(line, range, &mode, &from, &to, &step, &out.query))
      out.is_range = true;
    else if (!RE2::FullMatch(line, instant, &mode, &from, &out.query))
      refuse("no eval: " + line);
    read_time(from.empty() ? "0" : from, out.start_ms);
    read_time(to, out.end_ms);
    read_time(step, out.step_ms);
    out.ordered = mode == "ordered";
    out.fails = mode == "fail";
    if (mode == "warn" || mode == "info")
      out.expectations.push_back(
        {mode == "warn" ? expectation::what::warn : expectation::what::info,
         expectation::how::any,
         {}});
    while (next())
      read_expected(out);
    return out;
  }

  void read_expected(eval& out) {
    const auto& line = lines_[at_];
    double scalar = 0;
    if (line.starts_with("expected_fail_message"))
      return add_failure(out, expectation::how::text, line.substr(21));
    if (line.starts_with("expected_fail_regexp"))
      return add_failure(out, expectation::how::regex, line.substr(20));
    if (line.starts_with("expect ") || line.starts_with("expect\t"))
      return read_expectation(out, std::string(trimmed(line.substr(7))));
    if (promql::parse_number(line, scalar))
      out.scalar = scalar;
    else
      out.series.push_back(read_series());
  }

  static void add_failure(eval& out, expectation::how match, std::string_view pattern) {
    out.fails = true;
    out.expectations.push_back({expectation::what::fail, match, std::string(trimmed(pattern))});
  }

  void read_expectation(eval& out, const std::string& line) {
    static const RE2 text(R"(string\s+(.+))");
    static const RE2 matrix(R"(range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))");
    static const RE2 note(R"((fail|warn|no_warn|info|no_info)(?:\s+(msg|regex)\s*:\s*(.+))?)");
    std::string a, b, c;
    if (line == "ordered") {
      out.ordered = true;
    } else if (RE2::FullMatch(line, text, &a)) {
      auto read = promql::lexer(a).next();
      if (!read || read->kind != promql::token_kind::text)
        return refuse("no string: " + a);
      out.text = read->text;
    } else if (RE2::FullMatch(line, matrix, &a, &b, &c)) {
      out.is_matrix = true;
      read_time(a, out.from_ms);
      read_time(b, out.to_ms);
      read_time(c, out.every_ms);
    } else if (RE2::FullMatch(line, note, &a, &b, &c)) {
      using what = expectation::what;
      using how = expectation::how;
      auto about = a == "fail"      ? what::fail
                   : a == "warn"    ? what::warn
                   : a == "no_warn" ? what::no_warn
                   : a == "info"    ? what::info
                                    : what::no_info;
      out.fails = out.fails || about == what::fail;
      out.expectations.push_back({about,
                                  b.empty()    ? how::any
                                  : b == "msg" ? how::text
                                               : how::regex,
                                  c});
    } else {
      refuse("no expectation: " + line);
    }
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
  std::string problem_;
};

} // namespace

std::vector<command> parse(std::string_view script) { return reader(script).all(); }

} // namespace aops::vectors::promql_script
