// Runs tests/scripts/expr/language.txt, whose head explains the form, and what
// docs/reference/condition-language.md shows.
#include "runtime/base/json_library.hpp"
#include "tests/core/expr/support.hpp"

#include <cmath>
#include <deque>
#include <fstream>

namespace language_test {

using namespace tests;

namespace {

std::vector<const series*> views_of(const std::deque<series>& data) {
  std::vector<const series*> views;
  for (const auto& s : data)
    views.push_back(&s);
  return views;
}

class script {
public:
  /// @return How many lines with a result or look-back there were.
  size_t run(const std::string& file) {
    for_each_line(file, [&](const std::string& line) {
      if (!line.empty() && line[0] != '#')
        step(line);
    });
    return checked_;
  }

  /// The same for the blocks ```expr of a page.
  size_t run_page(const std::string& file) {
    bool is_shown = false;
    for_each_line(file, [&](const std::string& line) {
      if (line.starts_with("```"))
        is_shown = line == "```expr";
      else if (is_shown)
        step(line);
    });
    return checked_;
  }

private:
  template <class Step>
  void for_each_line(const std::string& file, Step do_step) {
    std::ifstream in(file);
    BOOST_REQUIRE(in.is_open());
    for (std::string line; std::getline(in, line);) {
      ++number_;
      do_step(line);
    }
  }

  void step(const std::string& line) {
    if (line == "new") {
      items_.clear();
      data_.clear();
    } else if (line.starts_with("data ")) {
      add_data(line.substr(5));
    } else if (line.starts_with("at ")) {
      index_ = std::stoul(line.substr(3));
    } else if (auto cut = line.rfind(" => "); cut != std::string::npos) {
      expect(unescaped(line.substr(0, cut)), line.substr(cut + 4));
    } else if (cut = line.rfind(" :> "); cut != std::string::npos) {
      expect_lookback(line.substr(0, cut), line.substr(cut + 4));
    } else {
      BOOST_ERROR("line " << number_ << " is of no known form: " << line);
    }
  }

  void add_data(const std::string& text) {
    auto name_end = text.find(' '), type_end = text.find(' ', name_end + 1);
    data_item item{
      text.substr(0, name_end), text.substr(name_end + 1, type_end - name_end - 1), {}};
    auto& s = data_.emplace_back(item.type == "log");
    for (const auto& point : nlohmann::json::parse(text.substr(type_end))) {
      auto time_ms = static_cast<int64_t>(std::llround(point[0].get<double>() * 1000));
      if (s.is_log())
        s.append(time_ms, point[1].get<std::string>());
      else if (point[1].is_string())
        s.append(time_ms, parse_sample(point[1].get<std::string>()).value_or(unreadable_sample));
      else
        s.append(time_ms, number::of(point[1].get<int64_t>()));
    }
    items_.push_back(std::move(item));
  }

  void expect(const std::string& condition, const std::string& expected) {
    ++checked_;
    auto p = program::compile(condition, items_);
    auto where =
      "line " + std::to_string(number_) + ": " + condition + ": expected " + expected + ", got ";
    if (!p) {
      BOOST_TEST(is_refusal(expected, p.error().detail), where << p.error().detail);
      return;
    }
    auto got = evaluator(*p, views_of(data_)).at(index_);
    BOOST_TEST(is_result(expected, got), where << text_of(got));
    BOOST_TEST(
      (got.what == verdict::error || (got.what == verdict::abnormal) == got.result.truthy()),
      where << "verdict");
    auto again = program::compile((*p)->to_text(), items_);
    BOOST_TEST((again && **again == **p), where << "which prints as " << (*p)->to_text());
  }

  void expect_lookback(const std::string& condition, const std::string& expected) {
    ++checked_;
    auto p = compiled(condition, items_);
    auto got = std::to_string(p->lookback_ms() / 1000) + " " + std::to_string(p->lookback_points());
    BOOST_TEST(got == expected, "line " << number_ << ": " << condition << ": " << got);
  }

  static bool is_refusal(std::string expected, const std::string& detail) {
    if (!expected.starts_with("refused"))
      return false;
    expected.erase(0, std::min<size_t>(8, expected.size()));
    auto digits = expected.find_first_not_of("0123456789");
    auto position = expected.substr(0, digits);
    auto reason = digits == std::string::npos ? "" : expected.substr(digits + 1);
    return (position.empty() || detail.find("position " + position + ":") != std::string::npos) &&
           detail.find(reason) != std::string::npos;
  }

  static bool is_result(const std::string& expected, const outcome& got) {
    if (expected.starts_with("error"))
      return got.what == verdict::error &&
             got.reason.find(expected.substr(std::min<size_t>(6, expected.size()))) !=
               std::string::npos;
    if (got.what == verdict::error || expected.starts_with("refused"))
      return false;
    bool real = got.result.what() == kind::real;
    if (expected == "nan")
      return real && std::isnan(got.result.real());
    if (expected == "inf" || expected == "-inf")
      return real && std::isinf(got.result.real()) &&
             (got.result.real() < 0) == (expected[0] == '-');
    auto x = nlohmann::json::parse(expected);
    switch (got.result.what()) {
    case kind::null:
      return x.is_null();
    case kind::boolean:
      return x == got.result.boolean() && x.is_boolean();
    case kind::integer:
      return x.is_number_integer() && x.get<int64_t>() == got.result.integer();
    case kind::text:
      return x == got.result.text();
    case kind::real:
      return x.is_number_float() && x.get<double>() == got.result.real();
    }
    return false;
  }

  /// Outside of strings, conditions write control characters as escapes, so that a line stays a
  /// line.
  static std::string unescaped(const std::string& text) {
    if (text.find_first_of("'\"") != std::string::npos)
      return text;
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      switch (text[++i]) {
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'v':
        out += '\v';
        break;
      default:
        out += text[i];
      }
    }
    return out;
  }

  size_t number_ = 0, checked_ = 0, index_ = 0;
  std::vector<data_item> items_;
  std::deque<series> data_;
};

} // namespace

BOOST_AUTO_TEST_CASE(the_language_is_as_specified_line_by_line) {
  BOOST_TEST(script().run(AOPS_SOURCE_DIR "/tests/scripts/expr/language.txt") > 450u);
}

BOOST_AUTO_TEST_CASE(the_reference_shows_what_the_language_does) {
  BOOST_TEST(script().run_page(AOPS_SOURCE_DIR "/docs/reference/condition-language.md") > 100u);
}

} // namespace language_test
