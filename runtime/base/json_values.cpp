#include "runtime/base/json_values.hpp"

#include "runtime/base/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace aops::base::codec {

namespace {

constexpr int64_t last_second = 253402300799; // 9999-12-31T23:59:59Z

/// A name from outside, fit to stand in an error: short, without control characters.
std::string shown(std::string_view name) {
  constexpr size_t most = 64;
  std::string out;
  for (char c : name.substr(0, most))
    out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  if (name.size() > most) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80)
      out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0)
      out.pop_back();
    out += "...";
  }
  return out;
}

std::string path_of(const place* at) {
  if (!at)
    return {};
  auto path = path_of(at->outer);
  if (at->name.data() == nullptr)
    return fmt::format("{}[{}]", path, at->index);
  return path.empty() ? shown(at->name) : path + '.' + shown(at->name);
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// ASCII blanks and the usual invisible characters: no-break, ideographic and zero-width space,
/// byte order mark.
bool is_blank_only(std::string_view text) {
  constexpr std::array<std::string_view, 4> wide = {
    "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xEF\xBB\xBF"};
  while (!text.empty()) {
    if (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r')) {
      text.remove_prefix(1);
      continue;
    }
    auto is_prefix = [&](std::string_view blank) { return text.starts_with(blank); };
    auto blank = std::find_if(wide.begin(), wide.end(), is_prefix);
    if (blank == wide.end())
      return false;
    text.remove_prefix(blank->size());
  }
  return true;
}

bool is_choice(std::string_view text, std::string_view choices) {
  if (text.find('|') != text.npos)
    return false;
  while (true) {
    auto bar = choices.find('|');
    if (text == choices.substr(0, bar))
      return true;
    if (bar == choices.npos)
      return false;
    choices.remove_prefix(bar + 1);
  }
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> all;
  for (size_t bar; (bar = choices.find('|')) != choices.npos; choices.remove_prefix(bar + 1))
    all.emplace_back(choices.substr(0, bar));
  all.emplace_back(choices);
  return all;
}

bool parse_whole(std::string_view text, int64_t& out) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-')
    text.remove_prefix(1);
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size();
}

bool parse_real(std::string_view text, double& out) {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size() && std::isfinite(out);
}

/// False when the value is no whole number of 64 bits.
bool to_whole(const json& j, int64_t& out) {
  if (j.is_string())
    return parse_whole(j.get_ref<const std::string&>(), out);
  if (j.is_number_unsigned() &&
      j.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return false;
  if (j.is_number_integer()) {
    out = j.get<int64_t>();
    return true;
  }
  if (!j.is_number_float())
    return false;
  auto x = j.get<double>();
  if (std::trunc(x) != x || std::abs(x) > 9007199254740992.0) // 2^53: above, doubles skip integers.
    return false;
  out = static_cast<int64_t>(x);
  return true;
}

bool to_real(const json& j, double& out) {
  if (j.is_string())
    return parse_real(j.get_ref<const std::string&>(), out);
  if (!j.is_number())
    return false;
  out = j.get<double>();
  return std::isfinite(out);
}

bool has_limits(const field_rules& rules) {
  return rules.min_value != field_rules{}.min_value || rules.max_value != field_rules{}.max_value;
}

bool refuse_range(const field_rules& rules, const place& at, error& err) {
  if (rules.max_value == field_rules{}.max_value)
    return refuse(&at, fmt::format("must be at least {}", rules.min_value), err);
  return refuse(&at, fmt::format("must be from {} to {}", rules.min_value, rules.max_value), err);
}

bool refuse_size(std::string_view unit, size_t min, size_t max, const place& at, error& err) {
  if (min == max)
    return refuse(&at, fmt::format("must have exactly {} {}", min, unit), err);
  if (max == 1 << 20)
    return refuse(&at, fmt::format("must have at least {} {}", min, unit), err);
  return refuse(&at, fmt::format("must have {} to {} {}", min, max, unit), err);
}

} // namespace

bool refuse(const place* at, std::string_view reason, error& err) {
  auto path = path_of(at);
  err = {ec::bad_request, path.empty() ? std::string{reason} : fmt::format("{}: {}", path, reason)};
  return false;
}

bool pass_on(const place* at, error e, error& err) {
  auto path = path_of(at);
  err = {e.code, path.empty() ? std::move(e.detail) : fmt::format("{}.{}", path, e.detail)};
  return false;
}

bool has_fair_size(size_t size, const field_rules& rules, const place& at, error& err) {
  if (size >= rules.min_items && size <= rules.max_items)
    return true;
  return refuse_size("items", rules.min_items, rules.max_items, at, err);
}

bool is_fair_key(std::string_view name, const place& at, error& err) {
  constexpr size_t most = 256;
  if (name.empty())
    return refuse(&at, "has an empty name", err);
  if (count_code_points(name) > most)
    return refuse(&at, fmt::format("has a name of more than {} characters", most), err);
  return name.find('\0') == name.npos || refuse(&at, "has a name with a NUL character", err);
}

bool read_text(
  const json& j, std::string& out, const field_rules& rules, const place& at, error& err) {
  if (!j.is_string())
    return refuse(&at, "must be a text", err);
  const auto& text = j.get_ref<const std::string&>();
  if (!rules.choices.empty()) {
    if (!is_choice(text, rules.choices))
      return refuse(
        &at, fmt::format("must be one of: {}", fmt::join(split_choices(rules.choices), ", ")), err);
    out = text;
    return true;
  }
  auto length = count_code_points(text);
  if (length == 0 && rules.min_length == 1)
    return refuse(&at, "must not be empty", err);
  if (length < rules.min_length || length > rules.max_length)
    return refuse_size("characters", rules.min_length, rules.max_length, at, err);
  if (text.find('\0') != text.npos)
    return refuse(&at, "must not contain a NUL character", err);
  if (length > 0 && !rules.is_text_blank_ok && is_blank_only(text))
    return refuse(&at, "must not be blank", err);
  if (rules.format == "address" && !is_ip_address(text) && !is_dns_name(text))
    return refuse(&at, "must be an IPv4 address, an IPv6 address or a DNS name", err);
  out = text;
  return true;
}

bool read_integer(
  const json& j, int64_t& out, const field_rules& rules, const place& at, error& err) {
  if (!to_whole(j, out))
    return refuse(&at, "must be an integer", err);
  if (out < rules.min_value || out > rules.max_value)
    return refuse_range(rules, at, err);
  return true;
}

bool read_bool(const json& j, bool& out, const place& at, error& err) {
  if (j.is_boolean()) {
    out = j.get<bool>();
    return true;
  }
  if (j.is_number_integer() && (j == 0 || j == 1)) {
    out = j == 1;
    return true;
  }
  if (j.is_string()) {
    auto text = j.get<std::string>();
    std::transform(
      text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    constexpr std::string_view yes = "true|yes|on|t|y|1", no = "false|no|off|f|n|0";
    if (!text.empty() && (is_choice(text, yes) || is_choice(text, no))) {
      out = is_choice(text, yes);
      return true;
    }
  }
  return refuse(&at, "must be true or false", err);
}

bool read_double(
  const json& j, double& out, const field_rules& rules, const place& at, error& err) {
  if (!to_real(j, out))
    return refuse(&at, "must be a number", err);
  if (has_limits(rules) &&
      (out < static_cast<double>(rules.min_value) || out > static_cast<double>(rules.max_value)))
    return refuse_range(rules, at, err);
  return true;
}

bool read_moment(
  const json& j, moment& out, const field_rules& rules, const place& at, error& err) {
  auto limits = rules;
  if (!has_limits(rules))
    limits = rules.range(0, last_second);
  if (rules.format == "fractional") {
    double seconds = 0;
    if (!read_double(j,
                     seconds,
                     limits.range(std::max<int64_t>(limits.min_value, -last_second),
                                  std::min(limits.max_value, last_second)),
                     at,
                     err))
      return false;
    out.ms = std::llround(seconds * 1000);
    return true;
  }
  int64_t seconds = 0;
  if (!to_whole(j, seconds))
    return refuse(&at, "must be a time in whole seconds", err);
  if (seconds < std::max(limits.min_value, -last_second) ||
      seconds > std::min(limits.max_value, last_second))
    return refuse(&at, "must be a time in seconds since 1970-01-01", err);
  out.ms = seconds * 1000;
  return true;
}

bool read_number(const json& j, number& out, const place& at, error& err) {
  if (!j.is_number())
    return refuse(&at, "must be a number", err);
  int64_t whole = 0;
  if (j.is_number_integer() && to_whole(j, whole))
    out = number::of(whole);
  else
    out = number::of(j.get<double>());
  return true;
}

bool read_json_text(
  const json& j, json_text& out, const field_rules& rules, const place& at, error& err) {
  bool is_structure = rules.format == "structure";
  if (rules.format == "object" && !j.is_object())
    return refuse(&at, "must be an object", err);
  if (is_structure && !j.is_object() && !j.is_array())
    return refuse(&at, "must be a list, or an object", err);
  if (!rules.format.empty() && !has_fair_size(j.size(), rules, at, err))
    return false;
  out.text = j.dump(-1, ' ', false, json::error_handler_t::replace);
  return true;
}

json written_double(double x) {
  if (std::isfinite(x))
    return x;
  return std::isnan(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";
}

json written_moment(const moment& x, const field_rules& rules) {
  auto beyond = x.ms % 1000;
  if (rules.format == "fractional" && beyond != 0)
    return static_cast<double>(x.ms) / 1000;
  return x.ms / 1000 - (beyond < 0 ? 1 : 0);
}

json written_value(const number& x) {
  return x.is_integer() ? json(x.integer()) : written_double(x.real());
}

json written_value(const json_text& x) {
  auto value = json::parse(x.text, nullptr, false);
  return value.is_discarded() ? json(nullptr) : value;
}

json empty_object_schema() {
  return {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
}

json text_schema(const field_rules& rules, bool is_sealed) {
  json schema = {{"type", "string"}};
  if (!rules.choices.empty()) {
    schema["enum"] = split_choices(rules.choices);
    return schema;
  }
  if (rules.min_length > 0)
    schema["minLength"] = rules.min_length;
  if (rules.max_length != field_rules{}.max_length)
    schema["maxLength"] = rules.max_length;
  if (!rules.format.empty())
    schema["format"] = rules.format;
  if (is_sealed) {
    schema["format"] = "password";
    schema["writeOnly"] = true;
  }
  return schema;
}

json integer_schema(const field_rules& rules, bool is_unsigned) {
  json schema = {{"type", "integer"}, {"format", "int64"}};
  if (rules.min_value != field_rules{}.min_value)
    schema["minimum"] = rules.min_value;
  else if (is_unsigned)
    schema["minimum"] = 0;
  if (rules.max_value != field_rules{}.max_value)
    schema["maximum"] = rules.max_value;
  return schema;
}

/// In replies NaN and infinities are texts.
json number_schema(const field_rules& rules) {
  json schema = {{"type", "number"}};
  if (rules.min_value != field_rules{}.min_value)
    schema["minimum"] = rules.min_value;
  if (rules.max_value != field_rules{}.max_value)
    schema["maximum"] = rules.max_value;
  json special = {{"type", "string"}, {"enum", {"NaN", "Infinity", "-Infinity"}}};
  return {{"anyOf", json::array({std::move(schema), std::move(special)})}};
}

json moment_schema(const field_rules& rules) {
  auto type = rules.format == "fractional" ? "number" : "integer";
  return {{"type", type}, {"format", "unix-seconds"}};
}

json structure_schema(const field_rules& rules) {
  json object = {{"type", "object"}}, list = {{"type", "array"}, {"items", json::object()}};
  if (rules.min_items > 0)
    object["minProperties"] = list["minItems"] = rules.min_items;
  if (rules.max_items != field_rules{}.max_items)
    object["maxProperties"] = list["maxItems"] = rules.max_items;
  if (rules.format == "object")
    return object;
  return rules.format == "structure" ? json{{"oneOf", json::array({list, object})}}
                                     : json::object();
}

json list_schema(const field_rules& rules, json items) {
  json schema = {{"type", "array"}, {"items", std::move(items)}};
  if (rules.min_items > 0)
    schema["minItems"] = rules.min_items;
  if (rules.max_items != field_rules{}.max_items)
    schema["maxItems"] = rules.max_items;
  return schema;
}

json map_schema(const field_rules& rules, json values) {
  json schema = {{"type", "object"}, {"additionalProperties", std::move(values)}};
  if (rules.max_items != field_rules{}.max_items)
    schema["maxProperties"] = rules.max_items;
  return schema;
}

void add_property(
  json& schema, std::string_view name, json value, const field_rules& rules, std::string_view doc) {
  // OpenAPI 3.0 ignores what stands beside a $ref.
  if (value.contains("$ref"))
    value = {{"allOf", json::array({std::move(value)})}};
  auto text = std::string{doc};
  if (!rules.alias.empty())
    text += fmt::format("{}Also accepted as `{}`.", text.empty() ? "" : " ", rules.alias);
  if (!text.empty())
    value["description"] = text;
  schema["properties"][std::string{name}] = std::move(value);
  if (!rules.is_optional && !rules.is_additive) // Additive ones are left out when unset.
    schema["required"].push_back(name);
}

const json* object_reader_base::find(std::string_view name) const {
  auto it = object_.find(name);
  return it == object_.end() ? nullptr : &*it;
}

const json* object_reader_base::take(std::string_view name, const field_rules& rules) {
  if (rules.is_internal)
    return nullptr;
  known_.push_back(name);
  const json* value = find(name);
  present_ += value != nullptr;
  place here{at_, name};
  if (!rules.alias.empty()) {
    known_.push_back(rules.alias);
    if (const json* other = find(rules.alias)) {
      ++present_;
      if (value && ok_)
        ok_ = refuse(&here, fmt::format("is given twice, also as {}", rules.alias), err_);
      value = other;
    }
  }
  if (!ok_)
    return nullptr;
  if (!value && !rules.is_optional)
    ok_ = refuse(&here, "is missing", err_);
  return value;
}

bool object_reader_base::is_known(std::string_view name) const {
  return std::find(known_.begin(), known_.end(), name) != known_.end();
}

bool object_reader_base::finish() {
  // A misspelt name explains better than the missing right one.
  if (present_ < object_.size())
    for (const auto& [name, value] : object_.items())
      if (!is_known(name)) {
        place here{at_, name};
        return refuse(&here, "unknown field", err_);
      }
  return ok_;
}

} // namespace aops::base::codec
