// The parser's part on calls, windows and dicts.
#include "runtime/core/expr/parser.hpp"

#include <fmt/format.h>

#include <array>

namespace aops::expr {

namespace {

struct function_row {
  std::string_view name;
  op code;
  size_t further_arguments; ///< After the window, or all of them for `keyword`.
};

constexpr std::array functions = {
  function_row{"count", op::count, 2},
  function_row{"max", op::max, 0},
  function_row{"min", op::min, 0},
  function_row{"sum", op::sum, 0},
  function_row{"avg", op::avg, 0},
  function_row{"rate", op::rate, 0},
  function_row{"diff", op::diff, 0},
  function_row{"change", op::change, 0},
  function_row{"abschange", op::abschange, 0},
  function_row{"keyword", op::keyword, 1},
};

const function_row* function_of(std::string_view name) {
  for (const auto& row : functions)
    if (row.name == name)
      return &row;
  return nullptr;
}

} // namespace

parser::index parser::call(const token& receiver, const token& function) {
  const auto* row = function_of(function.spelling);
  if (!row)
    return fail_at(
      condition_, function.position, fmt::format("unknown function {}", shown(function)));
  node n;
  n.kind = node_kind::call;
  n.code = row->code;
  n.position = function.position;
  if (receiver.kind == token_kind::name) {
    auto item = item_of(receiver);
    if (!item)
      return fail(item.error());
    n.item = *item;
  }
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (row->code == op::keyword) {
    auto pattern = expression();
    if (!pattern)
      return pattern;
    n.list.push_back(*pattern);
  } else {
    auto range = window();
    if (!range)
      return fail(range.error());
    n.range = *range;
    if (auto ok = more_arguments(n, row->further_arguments); !ok)
      return fail(ok.error());
  }
  if (at(token_kind::comma))
    return fail_here(fmt::format("too many arguments for '{}'", row->name));
  if (auto ok = expect(token_kind::right_paren, ")"); !ok)
    return fail(ok.error());
  return add(std::move(n));
}

expected<void> parser::more_arguments(node& call, size_t wanted) {
  while (call.list.size() < wanted) {
    if (at(token_kind::right_paren))
      return fail_here(fmt::format("too few arguments for '{}'", spelling(call.code)));
    if (auto ok = expect(token_kind::comma, ","); !ok)
      return ok;
    auto x = expression();
    if (!x)
      return fail(x.error());
    call.list.push_back(*x);
  }
  return {};
}

expected<window_range> parser::window() {
  window_range range;
  if (at(token_kind::count_window)) {
    range.points = static_cast<uint32_t>(current_.integer);
    if (auto ok = advance(); !ok)
      return fail(ok.error());
  } else if (at(token_kind::integer) || at(token_kind::real)) {
    range.seconds = at(token_kind::integer) ? static_cast<double>(current_.integer) : current_.real;
    if (auto ok = advance(); !ok)
      return fail(ok.error());
    if (int unit = unit_seconds(current_)) {
      range.seconds *= unit;
      if (auto ok = advance(); !ok)
        return fail(ok.error());
    }
  } else {
    return fail_here("a window should stand here: seconds, 30s, 5m, 1h or #N");
  }
  if (!at(token_kind::comma) && !at(token_kind::right_paren))
    return at(token_kind::end)
             ? unexpected_token()
             : fail_here("a window must be written literally: seconds, 30s, 5m, 1h or #N");
  return range;
}

parser::index parser::membership() {
  node n;
  n.kind = node_kind::membership;
  if (auto ok = dict(n); !ok)
    return fail(ok.error());
  n.left_pairs = static_cast<uint32_t>(n.list.size() / 2);
  n.position = current_.position;
  if (!at(token_kind::in) && !at(token_kind::notin))
    return fail_here("'in' or 'notin' should stand after a dict");
  n.code = at(token_kind::in) ? op::contains : op::contains_not;
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (!at(token_kind::left_brace))
    return fail_here("a dict should stand after 'in' and 'notin'");
  if (auto ok = dict(n); !ok)
    return fail(ok.error());
  return add(std::move(n));
}

expected<void> parser::dict(node& into) {
  if (auto ok = advance(); !ok)
    return ok;
  if (at(token_kind::right_brace))
    return advance();
  while (true) {
    for (bool key : {true, false}) {
      auto x = expression();
      if (!x)
        return fail(x.error());
      into.list.push_back(*x);
      if (!key)
        break;
      if (auto ok = expect(token_kind::colon, ":"); !ok)
        return ok;
    }
    if (!at(token_kind::comma))
      return expect(token_kind::right_brace, "}");
    if (auto ok = advance(); !ok)
      return ok;
  }
}

} // namespace aops::expr
