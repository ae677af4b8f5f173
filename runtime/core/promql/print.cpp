#include "runtime/core/promql/print.hpp"

#include "runtime/core/promql/result_json.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace aops::promql {

namespace {

std::string shown_name(const std::string& name) {
  return is_plain_name(name) ? name : in_quotes(name);
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& x : names)
    out += (out.empty() ? "" : ", ") + shown_name(x);
  return out;
}

/// ` @ 1.500 offset 5m`
std::string shift(const node& x) {
  std::string out;
  switch (x.at) {
  case at_point::none:
    break;
  case at_point::time:
    out += fmt::format(" @ {:.3f}", static_cast<double>(x.at_ms) / 1000);
    break;
  case at_point::start:
    out += " @ start()";
    break;
  case at_point::end:
    out += " @ end()";
    break;
  }
  if (x.offset_ms > 0)
    out += " offset " + duration_text(x.offset_ms);
  else if (x.offset_ms < 0)
    out += " offset -" + duration_text(-x.offset_ms);
  return out;
}

std::string of_selector(const node& x) {
  bool is_named = is_plain_name(x.text, true);
  std::string inside;
  auto add = [&](const std::string& part) { inside += (inside.empty() ? "" : ",") + part; };
  if (!is_named && !x.text.empty())
    add(in_quotes(x.text));
  for (const auto& m : x.matchers)
    if (x.text.empty() || m.name() != metric_name || m.kind() != match_kind::equal ||
        m.value() != x.text)
      add(m.to_string());
  std::string out = is_named ? x.text : std::string{};
  if (!inside.empty() || out.empty())
    out += '{' + inside + '}';
  if (x.range_ms > 0)
    out += '[' + duration_text(x.range_ms) + ']';
  return out + shift(x);
}

std::string of_subquery(const node& x) {
  return fmt::format("{}[{}:{}]{}",
                     to_string(*x.children[0]),
                     duration_text(x.range_ms),
                     x.step_ms > 0 ? duration_text(x.step_ms) : "",
                     shift(x));
}

std::string of_call(const node& x) {
  std::string arguments;
  for (const auto& child : x.children)
    arguments += (arguments.empty() ? "" : ", ") + to_string(*child);
  return fmt::format("{}({})", x.function->name, arguments);
}

std::string of_aggregate(const node& x) {
  std::string out{to_string(x.aggregation)};
  if (x.without)
    out += " without (" + joined(x.grouping) + ") ";
  else if (!x.grouping.empty())
    out += " by (" + joined(x.grouping) + ") ";
  out += '(';
  if (x.children.size() > 1)
    out += to_string(*x.children[1]) + ", ";
  return out + to_string(*x.children[0]) + ')';
}

std::string of_matching(const vector_matching& x) {
  if (!x.on && x.names.empty())
    return {};
  auto out = fmt::format(" {} ({})", x.on ? "on" : "ignoring", joined(x.names));
  if (x.card == cardinality::many_to_one)
    out += " group_left (" + joined(x.include) + ')';
  else if (x.card == cardinality::one_to_many)
    out += " group_right (" + joined(x.include) + ')';
  return out;
}

std::string of_binary(const node& x) {
  return fmt::format("{} {}{}{} {}",
                     to_string(*x.children[0]),
                     to_string(x.op),
                     x.returns_bool ? " bool" : "",
                     of_matching(x.matching),
                     to_string(*x.children[1]));
}

} // namespace

std::string duration_text(int64_t ms) {
  struct unit {
    std::string_view name;
    int64_t ms;
    bool is_exact; ///< Only where nothing is left.
  };
  constexpr int64_t second = 1000, hour = 3600 * second, day = 24 * hour;
  static constexpr auto units = std::to_array<unit>({{"y", 365 * day, true},
                                                     {"w", 7 * day, true},
                                                     {"d", day, false},
                                                     {"h", hour, false},
                                                     {"m", 60 * second, false},
                                                     {"s", second, false},
                                                     {"ms", 1, false}});
  std::string out;
  for (const auto& u : units)
    if (ms >= u.ms && !(u.is_exact && ms % u.ms != 0)) {
      out += fmt::format("{}{}", ms / u.ms, u.name);
      ms %= u.ms;
    }
  return out.empty() ? "0s" : out;
}

std::string to_string(const node& x) {
  switch (x.kind) {
  case node_kind::number:
    return std::isinf(x.number) && x.number > 0 ? "Inf" : value_text(x.number);
  case node_kind::text:
    return in_quotes(x.text);
  case node_kind::selector:
    return of_selector(x);
  case node_kind::subquery:
    return of_subquery(x);
  case node_kind::call:
    return of_call(x);
  case node_kind::aggregate:
    return of_aggregate(x);
  case node_kind::binary:
    return of_binary(x);
  case node_kind::unary:
    return std::string{to_string(x.op)} + to_string(*x.children[0]);
  case node_kind::parens:
    return '(' + to_string(*x.children[0]) + ')';
  }
  return {};
}

} // namespace aops::promql
