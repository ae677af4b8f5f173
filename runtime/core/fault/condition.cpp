#include "runtime/core/fault/condition.hpp"

#include "runtime/core/fault/names.hpp"

#include <fmt/format.h>

namespace aops::fault {
namespace {

constexpr int max_nesting = 500;

enum class token_kind : uint8_t { both, either, negation, open, close, name, end };

struct token {
  token_kind kind = token_kind::end;
  size_t begin = 0, size = 0;
};

/// The operator that begins `rest`, its length in bytes; `name` and 0 when there is none.
std::pair<token_kind, size_t> operator_at(std::string_view rest) {
  if (rest.starts_with("&&"))
    return {token_kind::both, 2};
  if (rest.starts_with("||"))
    return {token_kind::either, 2};
  switch (rest.front()) {
  case '!':
    return {token_kind::negation, 1};
  case '(':
    return {token_kind::open, 1};
  case ')':
    return {token_kind::close, 1};
  default:
    return {token_kind::name, 0};
  }
}

std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> out;
  size_t name_begin = 0;
  auto end_name = [&](size_t end) {
    auto name = trim(text.substr(name_begin, end - name_begin));
    if (!name.empty())
      out.push_back(
        {token_kind::name, static_cast<size_t>(name.data() - text.data()), name.size()});
  };
  for (size_t i = 0; i < text.size();) {
    auto [kind, size] = operator_at(text.substr(i));
    if (size == 0) {
      ++i;
      continue;
    }
    end_name(i);
    out.push_back({kind, i, size});
    i += size;
    name_begin = i;
  }
  end_name(text.size());
  out.push_back({token_kind::end, text.size(), 0});
  return out;
}

class parser {
public:
  parser(std::string_view text, const name_index& children)
      : text_(text), children_(children), tokens_(tokens_of(text)) {}

  expected<condition> run() {
    if (now().kind == token_kind::end)
      return fail(ec::bad_request, "the condition is empty");
    auto whole = any();
    if (reason_.empty() && now().kind != token_kind::end)
      refuse(now().kind == token_kind::close ? "')' without '('"
                                             : "an operator is missing before this");
    if (!reason_.empty())
      return fail(ec::bad_request, std::move(reason_));
    if (!whole.is_group || whole.is_negated)
      make_group({whole}, false);
    return std::move(out_);
  }

private:
  const token& now() const { return tokens_[at_]; }

  bool take(token_kind kind) {
    if (!reason_.empty() || now().kind != kind)
      return false;
    ++at_;
    return true;
  }

  void refuse(std::string_view why) {
    if (!reason_.empty())
      return;
    if (now().kind == token_kind::end)
      reason_ = fmt::format("condition: {} at its end", why);
    else
      reason_ = fmt::format("condition: {} ('{}', character {})",
                            why,
                            text_.substr(now().begin, now().size),
                            character_count(text_.substr(0, now().begin)) + 1);
  }

  condition::operand make_group(const std::vector<condition::operand>& parts, bool is_or) {
    auto begin = static_cast<uint32_t>(out_.operands.size());
    out_.operands.insert(out_.operands.end(), parts.begin(), parts.end());
    out_.groups.push_back({begin, static_cast<uint32_t>(out_.operands.size()), is_or});
    return {static_cast<uint32_t>(out_.groups.size() - 1), true, false};
  }

  condition::operand any() {
    bool has_chain = false;
    std::vector<condition::operand> parts;
    do {
      size_t length = 0;
      parts.push_back(all(length));
      has_chain |= length > 1;
    } while (take(token_kind::either));
    if (parts.size() == 1)
      return parts.front();
    out_.mixes_operators |= has_chain;
    return make_group(parts, true);
  }

  condition::operand all(size_t& length) {
    std::vector<condition::operand> parts;
    do
      parts.push_back(one());
    while (take(token_kind::both));
    length = parts.size();
    return parts.size() == 1 ? parts.front() : make_group(parts, false);
  }

  condition::operand one() {
    bool is_negated = false;
    while (take(token_kind::negation))
      is_negated = !is_negated;
    condition::operand out;
    if (now().kind == token_kind::name)
      out = child();
    else if (take(token_kind::open))
      out = inside();
    else
      refuse("a child's name is missing before this");
    out.is_negated = out.is_negated != is_negated;
    return out;
  }

  condition::operand child() {
    auto found = children_.find(text_.substr(now().begin, now().size));
    if (found == children_.end()) {
      refuse("no child has this name");
      return {};
    }
    out_.names.push_back({now().begin, now().size, found->second});
    ++at_;
    return {found->second, false, false};
  }

  condition::operand inside() {
    if (++nesting_ > max_nesting) {
      refuse("parentheses are nested too deeply");
      return {};
    }
    auto out = any();
    if (!take(token_kind::close))
      refuse("')' is missing before this");
    --nesting_;
    return out;
  }

  std::string_view text_;
  const name_index& children_;
  std::vector<token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  std::string reason_;
  condition out_;
};

} // namespace

bool condition::value(std::span<const bool> children) const {
  std::vector<bool> of_group(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    const auto& what = groups[g];
    bool all = true, any = false;
    for (auto i = what.begin; i < what.end; ++i) {
      const auto& x = operands[i];
      bool truth = (x.is_group ? of_group[x.index] : children[x.index]) != x.is_negated;
      all &= truth;
      any |= truth;
    }
    of_group[g] = what.is_or ? any : all;
  }
  return of_group.back();
}

expected<condition> parse_condition(std::string_view text, const name_index& children) {
  return parser(text, children).run();
}

} // namespace aops::fault
