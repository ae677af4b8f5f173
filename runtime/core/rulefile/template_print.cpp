// How Go prints values.
#include "runtime/core/promql/arithmetic.hpp"
#include "runtime/core/promql/labels.hpp"
#include "runtime/core/rulefile/template_node.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace aops::rulefile {

namespace {

/// A number by a format of C, which Go writes otherwise where it is none.
std::string by_format(const std::string& format, double x) {
  if (std::isnan(x))
    return "NaN";
  if (std::isinf(x))
    return x > 0 ? "+Inf" : "-Inf";
  std::array<char, 512> out{};
  auto length = std::snprintf(out.data(), out.size(), format.c_str(), x);
  return {out.data(), std::min(static_cast<size_t>(std::max(length, 0)), out.size() - 1)};
}

std::string type_of(const template_value& x) {
  static constexpr std::array names = {
    "nil", "bool", "int", "float64", "string", "map[string]string"};
  return names[x.index()];
}

/// One verb of `printf`: flags, width and precision as they stand, and its letter.
struct verb {
  std::string flags;
  char letter = 'v';
};

std::string padded(std::string text, const std::string& flags) {
  auto digits = flags.find_first_of("123456789");
  bool left = flags.find('-') != std::string::npos;
  size_t width = 0;
  if (digits != std::string::npos && (digits == 0 || flags[digits - 1] != '.'))
    width = std::min<size_t>(std::strtoul(flags.c_str() + digits, nullptr, 10), 1000);
  if (text.size() < width)
    text.insert(left ? text.size() : 0, width - text.size(), ' ');
  return text;
}

/// Bytes that a precision leaves of a text.
std::string cut(std::string text, const std::string& flags) {
  auto point = flags.find('.');
  if (point != std::string::npos)
    text.resize(
      std::min<size_t>(text.size(), std::strtoul(flags.c_str() + point + 1, nullptr, 10)));
  return text;
}

std::string by_verb(const verb& v, const template_value& x) {
  const auto* number = std::get_if<double>(&x);
  const auto* whole = std::get_if<int64_t>(&x);
  const auto* text = std::get_if<std::string>(&x);
  switch (v.letter) {
  case 'v':
    return padded(printed(x), v.flags);
  case 's':
    if (text)
      return padded(cut(*text, v.flags), v.flags);
    break;
  case 'q':
    if (text)
      return padded(promql::in_quotes(*text), v.flags);
    break;
  case 'd':
    if (whole)
      return padded(std::to_string(*whole), v.flags);
    break;
  case 't':
    if (std::holds_alternative<bool>(x))
      return printed(x);
    break;
  case 'e':
  case 'E':
  case 'f':
  case 'F':
  case 'g':
  case 'G': {
    if (!number)
      break;
    bool shortest = (v.letter | 0x20) == 'g' && v.flags.find('.') == std::string::npos;
    return shortest ? padded(promql::short_text(*number), v.flags)
                    : by_format("%" + v.flags + v.letter, *number);
  }
  default:
    break;
  }
  return "%!" + std::string(1, v.letter) + "(" + type_of(x) + "=" + printed(x) + ")";
}

} // namespace

std::string four_digits(double x) { return by_format("%.4g", x); }

std::string printed(const template_value& x) {
  struct writer {
    std::string operator()(std::monostate) const { return "<nil>"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return promql::short_text(v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const text_map& v) const {
      std::string out;
      for (const auto& [name, value] : v)
        out += (out.empty() ? "" : " ") + name + ":" + value;
      return "map[" + out + "]";
    }
  };
  return std::visit(writer(), x);
}

std::string printed(std::string_view format, const std::vector<template_value>& arguments) {
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    verb v;
    for (++i; i < format.size() &&
              std::string_view("+-# 0123456789.").find(format[i]) != std::string_view::npos;
         ++i)
      if (v.flags.size() < 12)
        v.flags += format[i];
    if (i == format.size())
      return out + "%!(NOVERB)";
    v.letter = format[i];
    if (v.letter == '%')
      out += '%';
    else if (next == arguments.size())
      out += "%!" + std::string(1, v.letter) + "(MISSING)";
    else
      out += by_verb(v, arguments[next++]);
  }
  for (bool first = true; next < arguments.size(); ++next, first = false)
    out += (first ? "%!(EXTRA " : ", ") + type_of(arguments[next]) + "=" +
           printed(arguments[next]) + (next + 1 == arguments.size() ? ")" : "");
  return out;
}

bool is_true(const template_value& x) {
  struct truth {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool v) const { return v; }
    bool operator()(int64_t v) const { return v != 0; }
    bool operator()(double v) const { return v != 0; }
    bool operator()(const std::string& v) const { return !v.empty(); }
    bool operator()(const text_map& v) const { return !v.empty(); }
  };
  return std::visit(truth(), x);
}

} // namespace aops::rulefile
