// The functions that templates call: those of Go, and those of Prometheus that ask for nothing.
#include "runtime/core/promql/labels.hpp"
#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/rulefile/template_node.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <re2/re2.h>

namespace aops::rulefile {

namespace {

using value = template_value;
using values = std::vector<value>;
using answer = expected<value>;

answer refuse(std::string why) { return fail(ec::bad_request, std::move(why)); }

constexpr std::array<std::string_view, 8> large = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> small = {"m", "u", "n", "p", "f", "a", "z", "y"};

/// Below 1 in thousandths.
std::string in_parts(double v, std::string_view unit) {
  std::string_view prefix;
  for (auto p : small) {
    if (std::abs(v) >= 1)
      break;
    prefix = p;
    v *= 1000;
  }
  return fmt::format("{}{}{}", four_digits(v), prefix, unit);
}

std::string humanize(double v) {
  if (v == 0 || !std::isfinite(v))
    return four_digits(v);
  if (std::abs(v) < 1)
    return in_parts(v, "");
  std::string_view prefix;
  for (auto p : large) {
    if (std::abs(v) < 1000)
      break;
    prefix = p;
    v /= 1000;
  }
  return four_digits(v) + std::string(prefix);
}

std::string humanize_1024(double v) {
  if (std::abs(v) <= 1 || !std::isfinite(v))
    return four_digits(v);
  std::string prefix;
  for (auto p : large) {
    if (std::abs(v) < 1024)
      break;
    prefix = std::string(p) + "i";
    v /= 1024;
  }
  return four_digits(v) + prefix;
}

std::string humanize_duration(double v) {
  if (!std::isfinite(v))
    return four_digits(v);
  if (v == 0)
    return four_digits(v) + "s";
  if (std::abs(v) < 1)
    return in_parts(v, "s");
  const char* sign = v < 0 ? "-" : "";
  v = std::abs(v);
  if (v >= 9e18)
    return four_digits(v) + "s";
  auto all = static_cast<int64_t>(v);
  auto seconds = all % 60, minutes = all / 60 % 60, hours = all / 3600 % 24, days = all / 86400;
  if (days != 0)
    return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds);
  if (hours != 0)
    return fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds);
  if (minutes != 0)
    return fmt::format("{}{}m {}s", sign, minutes, seconds);
  return sign + four_digits(v) + "s";
}

std::string humanize_timestamp(double v) {
  if (!std::isfinite(v) || std::abs(v) > 9e9)
    return four_digits(v);
  auto ms = std::llround(v * 1000);
  auto whole = ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
  auto rest = fmt::format("{:03}", ms - whole * 1000);
  rest.erase(rest.find_last_not_of('0') + 1);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}{}{} +0000 UTC",
                     fmt::gmtime(static_cast<std::time_t>(whole)),
                     rest.empty() ? "" : ".",
                     rest);
}

expected<double> number_of(const value& x) {
  if (const auto* v = std::get_if<double>(&x))
    return *v;
  if (const auto* v = std::get_if<int64_t>(&x))
    return static_cast<double>(*v);
  double v = 0;
  if (const auto* text = std::get_if<std::string>(&x)) {
    if (promql::parse_float(*text, v))
      return v;
    return fail(ec::bad_request, "parsing " + promql::in_quotes(*text) + ": invalid syntax");
  }
  return fail(ec::bad_request, "can't convert it to float");
}

answer of_number(const values& a, std::string (*f)(double)) {
  auto v = number_of(a[0]);
  return v ? answer(f(*v)) : fail(v.error());
}

/// As Go has it: a word begins after each character of ASCII but letters, digits and `_`.
std::string title(std::string_view text) {
  auto is_of_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c >= 0x80; };
  std::string out(text);
  for (size_t i = 0; i < out.size(); ++i)
    if (i == 0 || !is_of_word(static_cast<unsigned char>(out[i - 1])))
      out[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[i])));
  return out;
}

std::string with_case(std::string text, int (*f)(int)) {
  for (auto& c : text)
    c = static_cast<char>(f(static_cast<unsigned char>(c)));
  return text;
}

/// Host and port; without a port all of it is the host.
std::pair<std::string, std::string> host_and_port(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return {text, ""};
  auto host = text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    return {host.substr(1, host.size() - 2), text.substr(colon + 1)};
  if (host.find(':') != std::string::npos) // An IPv6 address alone.
    return {text, ""};
  return {host, text.substr(colon + 1)};
}

std::string strip_domain(const std::string& text) {
  auto [host, port] = host_and_port(text);
  static const re2::RE2 address(R"([0-9.]+|.*:.*)");
  if (!re2::RE2::FullMatch(host, address))
    host = host.substr(0, host.find('.'));
  return port.empty() ? host : host + ":" + port;
}

std::shared_ptr<const re2::RE2> pattern_of(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto out = std::make_shared<const re2::RE2>(text, options);
  return out->ok() ? out : nullptr;
}

/// `$1` and `${1}` as RE2 has them.
std::string as_rewrite(const std::string& text, const re2::RE2& of) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      out += "\\\\";
    } else if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      out += text[++i];
    } else if (text[i] == '$') {
      bool braces = i + 1 < text.size() && text[i + 1] == '{';
      size_t begin = i + 1 + braces, end = begin;
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
        ++end;
      auto name = text.substr(begin, end - begin);
      auto known = of.NamedCapturingGroups().find(name);
      int group = name.size() == 1 && name[0] >= '0' && name[0] <= '9' ? name[0] - '0'
                  : known != of.NamedCapturingGroups().end()           ? known->second
                                                                       : -1;
      if (group >= 0 && group <= std::min(of.NumberOfCapturingGroups(), 9))
        out += "\\" + std::to_string(group);
      i = end - 1 + (braces && end < text.size());
    } else {
      out += text[i];
    }
  }
  return out;
}

answer replace_all(const values& a) {
  auto pattern = pattern_of(printed(a[0]));
  if (!pattern)
    return refuse("invalid regular expression " + promql::in_quotes(printed(a[0])));
  auto text = printed(a[2]);
  re2::RE2::GlobalReplace(&text, *pattern, as_rewrite(printed(a[1]), *pattern));
  return text;
}

answer matches(const values& a) {
  auto pattern = pattern_of(printed(a[0]));
  if (!pattern)
    return refuse("invalid regular expression " + promql::in_quotes(printed(a[0])));
  return re2::RE2::PartialMatch(printed(a[1]), *pattern);
}

/// -1, 0 or 1; ec::bad_request when they cannot be compared. 2: one is no number.
expected<int> compared(const value& a, const value& b) {
  if (a.index() != b.index())
    return fail(ec::bad_request, "incompatible types for comparison");
  auto order = [](const auto& x, const auto& y) { return x < y ? -1 : x == y ? 0 : y < x ? 1 : 2; };
  if (const auto* x = std::get_if<int64_t>(&a))
    return order(*x, std::get<int64_t>(b));
  if (const auto* x = std::get_if<double>(&a))
    return order(*x, std::get<double>(b));
  if (const auto* x = std::get_if<std::string>(&a))
    return order(*x, std::get<std::string>(b));
  if (const auto* x = std::get_if<bool>(&a))
    return *x == std::get<bool>(b) ? 0 : 2;
  return fail(ec::bad_request, "invalid type for comparison");
}

answer compare(std::string_view name, const values& a) {
  if (name == "eq" && a.size() > 2) { // Equal to any of the others.
    for (size_t i = 1; i < a.size(); ++i) {
      auto order = compared(a[0], a[i]);
      if (!order)
        return fail(order.error());
      if (*order == 0)
        return true;
    }
    return false;
  }
  auto order = compared(a[0], a[1]);
  if (!order)
    return fail(order.error());
  if (name == "eq" || name == "ne")
    return (*order == 0) == (name == "eq");
  if (std::holds_alternative<bool>(a[0]))
    return refuse("invalid type for comparison");
  return name == "lt"   ? *order == -1
         : name == "le" ? *order == -1 || *order == 0
         : name == "gt" ? *order == 1
                        : *order == 1 || *order == 0;
}

answer index(const values& a) {
  const auto* map = std::get_if<text_map>(&a[0]);
  const auto* key = std::get_if<std::string>(&a[1]);
  if (!map || !key)
    return refuse("can't index item of this type");
  auto found = map->find(*key);
  return found == map->end() ? std::string() : found->second;
}

answer length(const values& a) {
  if (const auto* map = std::get_if<text_map>(&a[0]))
    return static_cast<int64_t>(map->size());
  if (const auto* text = std::get_if<std::string>(&a[0]))
    return static_cast<int64_t>(text->size());
  return refuse("len of this type");
}

answer duration(const values& a) {
  auto ms = promql::parse_duration(printed(a[0]));
  if (ms < 0)
    return refuse("not a valid duration string: " + promql::in_quotes(printed(a[0])));
  return static_cast<double>(ms) / 1000;
}

/// Texts one after the other, with a blank between two that are no texts.
std::string joined(const values& a, bool lines) {
  std::string out;
  for (size_t i = 0; i < a.size(); ++i) {
    bool texts = i > 0 && (std::holds_alternative<std::string>(a[i]) ||
                           std::holds_alternative<std::string>(a[i - 1]));
    out += (i > 0 && (lines || !texts) ? " " : "") + printed(a[i]);
  }
  return lines ? out + "\n" : out;
}

std::string escaped_url(std::string_view text) {
  std::string out;
  for (unsigned char c : text)
    if (std::isalnum(c) != 0 ||
        std::string_view("-_.~").find(static_cast<char>(c)) != std::string_view::npos)
      out += static_cast<char>(c);
    else
      out += c == ' ' ? "+" : fmt::format("%{:02X}", c);
  return out;
}

answer link(const values& a, int tab) {
  auto query = escaped_url(printed(a[0]));
  return fmt::format("/graph?g0.expr={}&g0.tab={}", query, tab);
}

struct function {
  std::string_view name;
  size_t least, most; ///< Arguments.
  answer (*run)(const values&);
};

constexpr size_t any = 1000;
constexpr std::array functions = {
  function{"humanize", 1, 1, [](const values& a) { return of_number(a, humanize); }},
  function{"humanize1024", 1, 1, [](const values& a) { return of_number(a, humanize_1024); }},
  function{
    "humanizeDuration", 1, 1, [](const values& a) { return of_number(a, humanize_duration); }},
  function{"humanizePercentage",
           1,
           1,
           [](const values& a) {
             return of_number(a, [](double v) { return four_digits(v * 100) + "%"; });
           }},
  function{
    "humanizeTimestamp", 1, 1, [](const values& a) { return of_number(a, humanize_timestamp); }},
  function{"title", 1, 1, [](const values& a) { return answer(title(printed(a[0]))); }},
  function{"toUpper",
           1,
           1,
           [](const values& a) { return answer(with_case(printed(a[0]), std::toupper)); }},
  function{"toLower",
           1,
           1,
           [](const values& a) { return answer(with_case(printed(a[0]), std::tolower)); }},
  function{
    "stripPort", 1, 1, [](const values& a) { return answer(host_and_port(printed(a[0])).first); }},
  function{
    "stripDomain", 1, 1, [](const values& a) { return answer(strip_domain(printed(a[0]))); }},
  function{"reReplaceAll", 3, 3, replace_all},
  function{"match", 2, 2, matches},
  function{"parseDuration", 1, 1, duration},
  function{"safeHtml", 1, 1, [](const values& a) { return answer(printed(a[0])); }},
  function{"graphLink", 1, 1, [](const values& a) { return link(a, 0); }},
  function{"tableLink", 1, 1, [](const values& a) { return link(a, 1); }},
  function{
    "urlquery", 1, any, [](const values& a) { return answer(escaped_url(joined(a, false))); }},
  function{"len", 1, 1, length},
  function{"index", 2, 2, index},
  function{"not", 1, 1, [](const values& a) { return answer(!is_true(a[0])); }},
  function{"print", 0, any, [](const values& a) { return answer(joined(a, false)); }},
  function{"println", 0, any, [](const values& a) { return answer(joined(a, true)); }},
  function{
    "printf",
    1,
    any,
    [](const values& a) { return answer(printed(printed(a[0]), values(a.begin() + 1, a.end()))); }},
};
constexpr std::array<std::string_view, 6> comparisons = {"eq", "ne", "lt", "le", "gt", "ge"};
/// Decided where they are called, for they look at no more arguments than they need.
constexpr std::array<std::string_view, 2> lazy = {"and", "or"};
constexpr std::array<std::string_view, 2> of_data = {"externalURL", "pathPrefix"};
constexpr std::array<std::string_view, 9> left_out = {
  "query", "first", "label", "value", "strvalue", "args", "tmpl", "sortByLabel", "toTime"};

bool holds(auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

answer call(const std::string& name, const values& a, const template_data& data) {
  if (name == "externalURL")
    return data.external_url;
  if (name == "pathPrefix") {
    auto host = data.external_url.find("//");
    auto path = host == std::string::npos ? host : data.external_url.find('/', host + 2);
    return path == std::string::npos ? std::string() : data.external_url.substr(path);
  }
  if (holds(comparisons, name)) {
    if (a.size() < 2 || (a.size() > 2 && name != "eq"))
      return refuse("wrong number of args");
    return compare(name, a);
  }
  auto found =
    std::find_if(functions.begin(), functions.end(), [&](auto& f) { return f.name == name; });
  if (found == functions.end())
    return refuse("function not defined");
  if (a.size() < found->least || a.size() > found->most)
    return refuse("wrong number of args");
  return found->run(a);
}

} // namespace

bool is_left_out(std::string_view name) { return holds(left_out, name); }

bool is_template_function(std::string_view name) {
  return holds(comparisons, name) || holds(lazy, name) || holds(of_data, name) ||
         std::any_of(functions.begin(), functions.end(), [&](auto& f) { return f.name == name; });
}

expected<template_value> call_function(const std::string& name,
                                       const std::vector<template_value>& arguments,
                                       const template_data& data) {
  auto out = call(name, arguments, data);
  if (!out)
    return refuse("error calling " + name + ": " + out.error().detail);
  return out;
}

} // namespace aops::rulefile
