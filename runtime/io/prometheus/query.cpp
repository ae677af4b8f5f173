#include "runtime/io/prometheus/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace aops::prometheus_api {
namespace {

/// Values of one label listed in a selector; with more, or longer ones, the label is left out of
/// it.
constexpr size_t max_values = 200;
constexpr size_t max_values_length = 4096;

/// What a series and a point of it take in an answer.
constexpr size_t bytes_per_series = 240;
constexpr size_t bytes_per_point = 32;

using value_set = std::set<std::string_view>;

/// Series that have the same label names.
struct series_group {
  value_set names;
  std::map<std::string_view, value_set> values;
  size_t size = 0;
};

/// Text as the inside of a double-quoted PromQL string.
void append_quoted(std::string& out, std::string_view text) {
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"')
      out += '\\';
    if (byte < 0x20 || byte == 0x7F)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    else
      out += c;
  }
}

/// An RE2 expression that matches the text and nothing else.
std::string literal_pattern(std::string_view text) {
  constexpr std::string_view special = "\\.+*?()|[]{}^$";
  std::string out;
  for (char c : text) {
    if (special.find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

void append_matcher(std::string& out,
                    std::string_view label,
                    std::string_view op,
                    std::string_view text) {
  if (!out.empty())
    out += ',';
  out.append(label).append(op).append("\"");
  append_quoted(out, text);
  out += '"';
}

void append_any_of(std::string& out, std::string_view label, const value_set& values) {
  if (values.size() == 1) {
    append_matcher(out, label, "=", *values.begin());
    return;
  }
  std::string pattern;
  for (auto value : values)
    pattern.append(pattern.empty() ? "" : "|").append(literal_pattern(value));
  append_matcher(out, label, "=~", pattern);
}

bool worth_listing(const value_set& values) {
  size_t length = 0;
  for (auto value : values)
    length += value.size() + 1;
  return values.size() <= max_values && length <= max_values_length;
}

std::vector<series_group> group_by_label_names(const std::vector<series_key>& series) {
  std::map<std::vector<std::string_view>, series_group> groups;
  for (const auto& key : series) {
    std::vector<std::string_view> label_names;
    for (const auto& [name, value] : key.label)
      label_names.push_back(name);
    auto& group = groups[label_names];
    group.names.insert(key.name);
    for (const auto& [name, value] : key.label)
      group.values[name].insert(value);
    ++group.size;
  }
  std::vector<series_group> result;
  result.reserve(groups.size());
  for (auto& [names, group] : groups)
    result.push_back(std::move(group));
  return result;
}

std::string matchers_of(const series_group& group) {
  std::string out;
  append_any_of(out, "__name__", group.names);
  for (const auto& [label, values] : group.values)
    if (worth_listing(values))
      append_any_of(out, label, values);
  return out;
}

/// Series of one host that a group's selector finds: every combination of its values could exist,
/// in practice a few times what was asked for.
size_t estimated_series(const series_group& group) {
  size_t combinations = group.names.size();
  for (const auto& [label, values] : group.values)
    combinations = std::min(combinations * values.size(), 4 * group.size);
  return std::max(combinations, group.size);
}

/// How far one query reaches.
struct reach {
  size_t instances;
  int64_t span_ms;
};

/// @param series What one host is taken to have.
reach reach_of(size_t series, const ask& what, const query_limits& limits) {
  auto period = std::max<int64_t>(limits.sample_period_ms, 1);
  auto points = static_cast<size_t>((what.until_ms - what.from_ms) / period + 1);
  auto budget = limits.max_answer_bytes / series;
  auto whole = bytes_per_series + points * bytes_per_point;
  if (whole <= budget)
    return {std::min(budget / whole, std::max<size_t>(limits.max_instances, 1)),
            what.until_ms - what.from_ms + 1};
  auto fitting = budget > bytes_per_series ? (budget - bytes_per_series) / bytes_per_point : 0;
  return {1, static_cast<int64_t>(std::max<size_t>(fitting, 1)) * period};
}

/// A query in parts of so many hosts and so much time.
void plan_parts(query q, reach each, const ask& what, std::vector<query>& out) {
  auto [count, span] = each;
  for (size_t i = 0; i < what.instances.size(); i += count) {
    auto first = what.instances.begin() + static_cast<std::ptrdiff_t>(i);
    auto last = first + static_cast<std::ptrdiff_t>(std::min(count, what.instances.size() - i));
    q.instances.assign(first, last);
    for (q.from_ms = what.from_ms; q.from_ms <= what.until_ms; q.from_ms += span) {
      q.until_ms = std::min(q.from_ms + span - 1, what.until_ms);
      out.push_back(q);
    }
  }
}

void plan_group(const series_group& group,
                const ask& what,
                const query_limits& limits,
                std::vector<query>& out) {
  query q{matchers_of(group), {}, 0, 0, {}};
  for (const auto& [label, values] : group.values)
    q.label_names.emplace_back(label);
  plan_parts(std::move(q), reach_of(estimated_series(group), what, limits), what, out);
}

bool is_label_name(std::string_view text) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9');
         });
}

/// Operators and patterns of rules are PromQL's too, and mean the same: RE2, the whole value, an
/// absent label is the empty text.
std::string matchers_of(const series_match& x) {
  std::string out;
  append_matcher(out, "__name__", "=", x.name);
  for (const auto& [label, text] : x.match) {
    if (!is_label_name(label)) // No series has it: to be looked at with what is found.
      continue;
    std::string_view op = "=", operand = text;
    for (std::string_view known : {"!=", "=~", "!~", "="})
      if (operand.starts_with(known)) {
        op = known;
        operand.remove_prefix(known.size());
        break;
      }
    append_matcher(out, label, op, operand);
  }
  return out;
}

void plan_match(const series_match& x,
                const ask& what,
                const query_limits& limits,
                std::vector<query>& out) {
  query q{matchers_of(x), {}, 0, 0, {}, true};
  plan_parts(std::move(q), reach_of(limits.matched_series, what, limits), what, out);
}

bool has_port(std::string_view instance) { return host_of(instance).size() != instance.size(); }

std::string instance_pattern(std::string_view instance) {
  if (has_port(instance))
    return literal_pattern(instance);
  bool ipv6 = !instance.starts_with('[') && instance.find(':') != std::string_view::npos;
  auto host = ipv6 ? fmt::format("[{}]", instance) : std::string(instance);
  return literal_pattern(host) + "(:[0-9]+)?";
}

void append_instances(std::string& out, const std::vector<std::string>& instances) {
  if (instances.size() == 1 && has_port(instances.front())) {
    append_matcher(out, "instance", "=", instances.front());
    return;
  }
  std::string pattern;
  for (const auto& instance : instances)
    pattern.append(pattern.empty() ? "" : "|").append(instance_pattern(instance));
  append_matcher(out, "instance", "=~", pattern);
}

void append_url_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  for (char c : text) {
    if (plain.find(c) != std::string_view::npos)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
}

} // namespace

std::vector<query> plan(const ask& what, const query_limits& limits) {
  std::vector<query> result;
  if (what.until_ms < what.from_ms)
    return result;
  for (const auto& group : group_by_label_names(what.series))
    plan_group(group, what, limits, result);
  for (const auto& x : what.matches)
    plan_match(x, what, limits, result);
  return result;
}

std::string expression_of(const query& q) {
  std::string matchers = q.matchers;
  append_instances(matchers, q.instances);
  return fmt::format("{{{}}}[{}ms]", matchers, q.until_ms - q.from_ms + 1);
}

std::vector<query> halves(const query& q) {
  auto first = q, second = q;
  if (q.instances.size() > 1) {
    auto middle = static_cast<std::ptrdiff_t>(q.instances.size() / 2);
    first.instances.erase(first.instances.begin() + middle, first.instances.end());
    second.instances.erase(second.instances.begin(), second.instances.begin() + middle);
  } else if (q.until_ms > q.from_ms) {
    first.until_ms = q.from_ms + (q.until_ms - q.from_ms) / 2;
    second.from_ms = first.until_ms + 1;
  } else {
    return {};
  }
  return {std::move(first), std::move(second)};
}

std::string form_of(const query& q, int64_t timeout_ms) {
  std::string out = "query=";
  append_url_encoded(out, expression_of(q));
  fmt::format_to(std::back_inserter(out),
                 "&time={}.{:03}&timeout={}ms",
                 q.until_ms / 1000,
                 q.until_ms % 1000,
                 timeout_ms);
  return out;
}

std::string_view host_of(std::string_view instance) {
  auto colon = instance.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == instance.size())
    return instance;
  auto port = instance.substr(colon + 1);
  auto host = instance.substr(0, colon);
  bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  bool bracketed = host.starts_with('[') && host.ends_with(']');
  bool bare_ipv6 = !bracketed && host.find(':') != std::string_view::npos;
  if (!digits || bare_ipv6)
    return instance;
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

} // namespace aops::prometheus_api
