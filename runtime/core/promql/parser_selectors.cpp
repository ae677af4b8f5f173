#include "runtime/core/promql/parse_state.hpp"

#include <algorithm>
#include <cmath>

namespace aops::promql {

namespace {

std::optional<match_kind> match_kind_of(const token& t) {
  if (t.is("="))
    return match_kind::equal;
  if (t.is("!="))
    return match_kind::not_equal;
  if (t.is("=~"))
    return match_kind::regex;
  if (t.is("!~"))
    return match_kind::not_regex;
  return std::nullopt;
}

} // namespace

node_ptr parse_state::selector(token name) {
  bool named = name.kind == token_kind::word;
  auto n = start(node_kind::selector, named ? name.begin : token_.begin);
  if (named) {
    n->text = name.spelling;
    n->matchers.push_back(
      *matcher::make(match_kind::equal, std::string(metric_name), std::string(name.spelling)));
  }
  if (token_.is("{") && !matchers(*n))
    return nullptr;
  bool bounded = std::any_of(
    n->matchers.begin(), n->matchers.end(), [](const auto& m) { return !m.matches(""); });
  n->end = last_end_;
  if (!bounded)
    return refuse(n->begin, "vector selector must contain at least one non-empty matcher"), nullptr;
  return finished(std::move(n));
}

bool parse_state::matchers(node& n) {
  advance();
  while (!accept("}")) {
    if (!one_matcher(n))
      return false;
    if (!token_.is("}") && !take(",", "label matching"))
      return false;
  }
  return true;
}

bool parse_state::one_matcher(node& n) {
  auto name = token_;
  bool plain = name.kind == token_kind::word && is_plain_name(name.spelling);
  if (!plain && name.kind != token_kind::text)
    return unexpected("label matching", "label matching operator or \"}\"");
  advance();
  auto kind = match_kind_of(token_);
  if (!kind) {
    if (!plain && (token_.is(",") || token_.is("}")))
      return name_matcher(n, name);
    return unexpected("label matching", "label matching operator");
  }
  advance();
  if (token_.kind != token_kind::text)
    return unexpected("label matching", "string");
  auto text = plain ? std::string(name.spelling) : name.text;
  if (text.empty() || !is_utf8(text))
    return refuse(name.begin, "invalid label name " + in_quotes(text));
  bool is_name = text == metric_name && *kind == match_kind::equal;
  if (is_name && !n.text.empty())
    return refuse(name.begin,
                  "metric name must not be set twice: " + in_quotes(n.text) + " or " +
                    in_quotes(token_.text));
  auto m = matcher::make(*kind, text, token_.text);
  if (!m)
    return refuse(token_.begin, m.error().detail);
  n.matchers.push_back(std::move(*m));
  advance();
  return true;
}

/// A text alone is the name of the metric.
bool parse_state::name_matcher(node& n, const token& name) {
  if (!n.text.empty())
    return refuse(name.begin,
                  "metric name must not be set twice: " + in_quotes(n.text) + " or " +
                    in_quotes(name.text));
  if (name.text.empty() || !is_utf8(name.text))
    return refuse(name.begin, "invalid metric name " + in_quotes(name.text));
  n.text = name.text;
  n.matchers.push_back(*matcher::make(match_kind::equal, std::string(metric_name), name.text));
  return true;
}

/// A number is seconds.
bool parse_state::duration(int64_t& ms, std::string_view where, bool positive) {
  if (token_.kind != token_kind::number && token_.kind != token_kind::duration) {
    if (token_.is("(") || token_.is("-") || token_.is("+") || token_.kind == token_kind::word)
      return leave_out(token_.begin, "experimental expressions of durations");
    return unexpected(where, "duration");
  }
  double exact = std::round(token_.number * 1000);
  if (!(std::abs(exact) < 9e15))
    return refuse(token_.begin, "duration out of range");
  ms = static_cast<int64_t>(exact);
  if (positive && ms <= 0)
    return refuse(token_.begin, "duration must be greater than 0");
  advance();
  for (std::string_view sign : {"+", "-", "*", "/", "%", "^"})
    if (token_.is(sign) && positive)
      return leave_out(token_.begin, "experimental expressions of durations");
  return true;
}

node_ptr parse_state::ranged(node_ptr inner) {
  size_t bracket = token_.begin;
  advance();
  int64_t range = 0, step = 0;
  if (!duration(range, "subquery or range selector", true))
    return nullptr;
  if (!token_.is(":")) {
    if (!take("]", "subquery or range selector"))
      return nullptr;
    if (inner->kind != node_kind::selector || inner->range_ms != 0)
      return refuse(bracket, "ranges only allowed for vector selectors"), nullptr;
    if (inner->has_offset)
      return refuse(bracket, "no offset modifiers allowed before range"), nullptr;
    if (inner->at != at_point::none)
      return refuse(bracket, "no @ modifiers allowed before range"), nullptr;
    inner->range_ms = range;
    inner->type = value_type::matrix;
    inner->end = last_end_;
    return inner;
  }
  advance();
  if (!token_.is("]") && !duration(step, "subquery selector", true))
    return nullptr;
  if (!take("]", "subquery selector"))
    return nullptr;
  auto n = start(node_kind::subquery, inner->begin);
  n->range_ms = range;
  n->step_ms = step;
  n->children.push_back(std::move(inner));
  return finished(std::move(n));
}

bool parse_state::offset(node& n) {
  if (n.kind != node_kind::selector && n.kind != node_kind::subquery)
    return refuse(n.begin,
                  "offset modifier must be preceded by an instant vector selector or range vector "
                  "selector or a subquery");
  if (n.has_offset)
    return refuse(token_.begin, "offset may not be set multiple times");
  advance();
  bool negative = token_.is("-");
  if (negative || token_.is("+"))
    advance();
  if (!duration(n.offset_ms, "offset", false))
    return false;
  if (negative)
    n.offset_ms = -n.offset_ms;
  n.has_offset = true;
  n.end = last_end_;
  return true;
}

bool parse_state::at(node& n) {
  if (n.kind != node_kind::selector && n.kind != node_kind::subquery)
    return refuse(n.begin,
                  "@ modifier must be preceded by an instant vector selector or range vector "
                  "selector or a subquery");
  if (n.at != at_point::none)
    return refuse(token_.begin, "@ <timestamp> may not be set multiple times");
  advance();
  if (token_.is_word("start") || token_.is_word("end")) {
    n.at = token_.is_word("start") ? at_point::start : at_point::end;
    advance();
    if (!take("(", "@") || !take(")", "@"))
      return false;
    n.end = last_end_;
    return true;
  }
  double sign = token_.is("-") ? -1 : 1;
  if (token_.is("-") || token_.is("+"))
    advance();
  double seconds = token_.number;
  if (token_.is_word("inf") || token_.is_word("nan"))
    parse_number(token_.text, seconds);
  else if (token_.kind != token_kind::number && token_.kind != token_kind::duration)
    return unexpected("@", "timestamp");
  if (!(std::abs(seconds) < 4e15)) // So that what is reckoned from it fits.
    return refuse(token_.begin, "timestamp out of bounds for @ modifier");
  advance();
  n.at = at_point::time;
  n.at_ms = static_cast<int64_t>(std::round(sign * seconds * 1000));
  n.end = last_end_;
  return true;
}

expected<node_ptr> parse_state::whole_selector() {
  auto n = problem_ ? nullptr : primary();
  if (n && (n->kind != node_kind::selector || token_.kind != token_kind::end))
    unexpected("a selector");
  if (problem_)
    return fail(*problem_);
  return n;
}

expected<std::vector<matcher>> parse_selector(std::string_view text) {
  auto n = parse_state(text, {}).whole_selector();
  if (!n)
    return fail(n.error());
  return std::move((*n)->matchers);
}

expected<labels> parse_metric(std::string_view text) {
  lexer at(text);
  labels out;
  auto next = at.next();
  if (next && next->kind == token_kind::word) {
    out.emplace_back(metric_name, next->spelling);
    next = at.next();
  }
  bool open = next && next->is("{");
  while (open) {
    next = at.next();
    if (!next || next->is("}"))
      break;
    auto name = *next;
    if (name.kind != token_kind::word && name.kind != token_kind::text)
      return fail_at(text, name.begin, "expected a label");
    next = at.next();
    if (next && name.kind == token_kind::text && (next->is(",") || next->is("}"))) {
      out.emplace_back(metric_name, name.text);
    } else {
      if (!next || !next->is("="))
        return fail_at(text, name.end, "expected \"=\"");
      next = at.next();
      if (!next || next->kind != token_kind::text)
        return fail_at(text, name.end, "expected a string");
      out.emplace_back(name.kind == token_kind::text ? name.text : std::string(name.spelling),
                       next->text);
      next = at.next();
    }
    if (!next || next->is("}"))
      break;
    if (!next->is(","))
      return fail_at(text, next->begin, "expected \",\" or \"}\"");
  }
  if (!next)
    return fail(next.error());
  if (open)
    next = at.next();
  if (!next || next->kind != token_kind::end)
    return fail_at(text, next ? next->begin : text.size(), "not a metric");
  return make_labels(std::move(out));
}

} // namespace aops::promql
