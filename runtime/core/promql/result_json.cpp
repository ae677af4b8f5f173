#include "runtime/core/promql/result_json.hpp"

#include "runtime/base/canonical_json.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace aops::promql {

namespace {

/// `1.500`: whole seconds without a fraction, else three digits.
void append_time(std::string& out, int64_t ms) {
  if (ms < 0)
    out += '-';
  auto size = ms < 0 ? -static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  out += std::to_string(size / 1000);
  if (auto rest = size % 1000; rest != 0) {
    auto digits = std::to_string(1000 + rest);
    digits[0] = '.';
    out += digits;
  }
}

void append_value(std::string& out, double x) {
  // Of no use to people, and what a double can be at most in the form without an exponent.
  std::array<char, 400> text;
  if (std::isnan(x)) {
    out += "NaN";
  } else if (std::isinf(x)) {
    out += x > 0 ? "+Inf" : "-Inf";
  } else {
    auto size = std::abs(x);
    bool is_long = size != 0 && (size < 1e-6 || size >= 1e21);
    auto form = is_long ? std::chars_format::scientific : std::chars_format::fixed;
    auto end = std::to_chars(text.data(), text.data() + text.size(), x, form).ptr;
    out.append(text.data(), end);
  }
}

void append_pair(std::string& out, int64_t time_ms, double value) {
  out += '[';
  append_time(out, time_ms);
  out += ",\"";
  append_value(out, value);
  out += "\"]";
}

void append_vector(std::string& out, const std::vector<instant_sample>& all, int64_t time_ms) {
  bool is_first = true;
  for (const auto& x : all) {
    out += std::exchange(is_first, false) ? "{\"metric\":" : ",{\"metric\":";
    append_json(out, x.metric);
    out += ",\"value\":";
    append_pair(out, time_ms, x.value);
    out += '}';
  }
}

void append_matrix(std::string& out, const std::vector<range_series>& all) {
  bool is_first = true;
  for (const auto& x : all) {
    out += std::exchange(is_first, false) ? "{\"metric\":" : ",{\"metric\":";
    append_json(out, x.metric);
    out += ",\"values\":[";
    for (size_t i = 0; i < x.points.size(); ++i) {
      if (i > 0)
        out += ',';
      append_pair(out, x.points[i].time_ms, x.points[i].value);
    }
    out += "]}";
  }
}

std::string_view type_name(value_type x) {
  static constexpr std::array<std::string_view, 4> names = {"scalar", "vector", "matrix", "string"};
  return names[static_cast<size_t>(x)];
}

size_t bytes_of(const labels& x) {
  size_t n = 40;
  for (const auto& [name, value] : x)
    n += name.size() + value.size() + 6;
  return n;
}

} // namespace

std::string value_text(double x) {
  std::string out;
  append_value(out, x);
  return out;
}

void append_json(std::string& out, const labels& x) {
  out += '{';
  bool is_first = true;
  for (const auto& [name, value] : x) {
    if (!std::exchange(is_first, false))
      out += ',';
    base::append_canonical_text(out, name);
    out += ':';
    base::append_canonical_text(out, value);
  }
  out += '}';
}

std::string to_json(const result& x, int64_t time_ms) {
  std::string out;
  out.reserve(json_bytes(x));
  out.append("{\"resultType\":\"").append(type_name(x.type)).append("\",\"result\":");
  switch (x.type) {
  case value_type::scalar:
    append_pair(out, time_ms, x.scalar);
    break;
  case value_type::text:
    out += '[';
    append_time(out, time_ms);
    out += ',';
    base::append_canonical_text(out, x.text);
    out += ']';
    break;
  case value_type::vector:
    out += '[';
    append_vector(out, x.vector, time_ms);
    out += ']';
    break;
  case value_type::matrix:
    out += '[';
    append_matrix(out, x.matrix);
    out += ']';
    break;
  }
  return out += '}';
}

size_t json_bytes(const result& x) {
  constexpr size_t of_point = 40; // Usually; a few are longer.
  size_t n = 64 + x.text.size();
  for (const auto& s : x.vector)
    n += bytes_of(s.metric) + of_point;
  for (const auto& s : x.matrix)
    n += bytes_of(s.metric) + s.points.size() * of_point;
  return n;
}

bool truncate(result& x, size_t most) {
  bool is_more = x.vector.size() > most || x.matrix.size() > most;
  if (x.vector.size() > most)
    x.vector.resize(most);
  if (x.matrix.size() > most)
    x.matrix.resize(most);
  return is_more;
}

} // namespace aops::promql
