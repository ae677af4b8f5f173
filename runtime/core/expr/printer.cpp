#include "runtime/core/expr/program.hpp"
#include "runtime/core/expr/syntax_tree.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

namespace aops::expr {

namespace {

constexpr std::array spellings = {
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "<",
  ">",
  "<=",
  ">=",
  "==",
  "!=", // binary
  "+",
  "-",
  "!",
  "~", // unary
  "load",
  "copy",
  "jump",
  "jump_if_false",
  "jump_if_true",
  "fail",
  "in",
  "notin",
  "count",
  "max",
  "min",
  "sum",
  "avg",
  "rate",
  "diff",
  "change",
  "abschange",
  "keyword",
  "done",
};
static_assert(spellings.size() == static_cast<size_t>(op::done) + 1,
              "one spelling per op, in order");

constexpr int unary_level = 11, primary_level = 12, equals_level = 6;

/// How tightly a node binds, as in the grammar.
int level_of(const node& n) {
  switch (n.kind) {
  case node_kind::ternary:
    return 0;
  case node_kind::logical_or:
    return 1;
  case node_kind::logical_and:
    return 2;
  case node_kind::membership:
    return equals_level;
  case node_kind::unary:
    return unary_level;
  case node_kind::binary:
    break;
  default:
    return primary_level;
  }
  switch (n.code) {
  case op::bit_or:
    return 3;
  case op::bit_xor:
    return 4;
  case op::bit_and:
    return 5;
  case op::equal:
  case op::not_equal:
    return equals_level;
  case op::less:
  case op::greater:
  case op::less_equal:
  case op::greater_equal:
    return 7;
  case op::shift_left:
  case op::shift_right:
    return 8;
  case op::add:
  case op::sub:
    return 9;
  default:
    return 10;
  }
}

bool stands_between(const node& n) {
  return n.kind == node_kind::binary || n.kind == node_kind::logical_and ||
         n.kind == node_kind::logical_or;
}

std::string_view infix_spelling(const node& n) {
  return n.kind == node_kind::logical_and  ? "&&"
         : n.kind == node_kind::logical_or ? "||"
                                           : spelling(n.code);
}

class printer {
public:
  printer(const syntax_tree& tree, bool for_users) : tree_(tree), for_users_(for_users) {}

  std::string text_of(int32_t i) {
    print(i, 0);
    return std::move(out_);
  }

private:
  /// Prints a node; in parentheses when it binds less tightly than `lowest`.
  void print(int32_t i, int lowest) {
    const auto& n = tree_[i];
    bool parentheses = level_of(n) < lowest;
    if (parentheses)
      out_ += '(';
    bare(i);
    if (parentheses)
      out_ += ')';
  }

  void bare(int32_t i) {
    const auto& n = tree_[i];
    switch (n.kind) {
    case node_kind::literal:
      literal(n.literal);
      break;
    case node_kind::item:
      item(n.item);
      break;
    case node_kind::unary:
      out_ += spelling(n.code);
      print(n.parts[0], unary_level);
      break;
    case node_kind::ternary:
      print(n.parts[0], 1);
      out_ += " ? ";
      print(n.parts[1], 0);
      out_ += " : ";
      print(n.parts[2], 0);
      break;
    case node_kind::membership:
      dict(n, 0, n.left_pairs);
      put(" {} ", spelling(n.code));
      dict(n, n.left_pairs, n.list.size() / 2);
      break;
    case node_kind::call:
      call(n);
      break;
    default:
      chain(i);
      break;
    }
  }

  /// A left-leaning run of infix operators without recursion: it may be as long as the text.
  void chain(int32_t i) {
    std::vector<int32_t> spine{i};
    while (true) {
      const auto& n = tree_[spine.back()];
      const auto& left = tree_[n.parts[0]];
      if (!stands_between(left) || level_of(left) < level_of(n))
        break;
      spine.push_back(n.parts[0]);
    }
    print(tree_[spine.back()].parts[0], level_of(tree_[spine.back()]));
    for (auto at = spine.rbegin(); at != spine.rend(); ++at) {
      const auto& n = tree_[*at];
      put(" {} ", infix_spelling(n));
      print(n.parts[1], level_of(n) + 1);
    }
  }

  void dict(const node& n, size_t from, size_t until) {
    out_ += '{';
    for (size_t pair = from; pair < until; ++pair) {
      if (pair > from)
        out_ += ", ";
      print(n.list[2 * pair], 0);
      out_ += ": ";
      print(n.list[2 * pair + 1], 0);
    }
    out_ += '}';
  }

  void item(size_t i) {
    if (i < tree_.item_count)
      put("${}", i);
    else
      out_ += fact_names[i - tree_.item_count];
  }

  void window(const window_range& range) {
    if (range.points > 0)
      put("#{}", range.points);
    else if (std::isinf(range.seconds))
      out_ += "1e999s";
    else if (for_users_ && range.seconds >= 3600 && std::fmod(range.seconds, 3600) == 0)
      put("{}h", range.seconds / 3600);
    else if (for_users_ && range.seconds >= 60 && std::fmod(range.seconds, 60) == 0)
      put("{}m", range.seconds / 60);
    else
      put("{}s", range.seconds);
  }

  void call(const node& n) {
    if (!for_users_ || n.item > 0) {
      item(n.item);
      out_ += '.';
    }
    put("{}(", spelling(n.code));
    if (n.code != op::keyword)
      window(n.range);
    for (size_t i = 0; i < n.list.size(); ++i) {
      if (i > 0 || n.code != op::keyword)
        out_ += ", ";
      print(n.list[i], 0);
    }
    out_ += ')';
  }

  void literal(const value& x) {
    switch (x.what()) {
    case kind::null:
      out_ += "null";
      break;
    case kind::boolean:
      out_ += x.boolean() ? "true" : "false";
      break;
    case kind::integer:
      put("{}", x.integer());
      break;
    case kind::real:
      real(x.real());
      break;
    case kind::text:
      text(x.text());
      break;
    }
  }

  void real(double x) {
    auto digits = std::isinf(x) ? std::string("1e999") : fmt::format("{}", x);
    if (digits.find_first_of(".e") == std::string::npos)
      digits += ".0";
    out_ += digits;
  }

  void text(std::string_view x) {
    out_ += '\'';
    for (char c : x) {
      switch (c) {
      case '\'':
        out_ += "\\'";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\r':
        out_ += "\\r";
        break;
      case '\t':
        out_ += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
          put("\\x{:02x}", static_cast<unsigned>(c));
        else
          out_ += c;
      }
    }
    out_ += '\'';
  }

  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  const syntax_tree& tree_;
  bool for_users_;
  std::string out_;
};

} // namespace

std::string_view spelling(op code) { return spellings[static_cast<size_t>(code)]; }

std::string print(const syntax_tree& tree) { return printer(tree, false).text_of(tree.root()); }

std::string print_part(const syntax_tree& tree, int32_t node) {
  return printer(tree, true).text_of(node);
}

} // namespace aops::expr
