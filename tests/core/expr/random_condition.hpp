#pragma once

#include "tests/core/expr/support.hpp"

namespace tests {

/// Writes conditions of the grammar at random; all of them compile over `items()`.
class condition_writer {
public:
  explicit condition_writer(random_source& random) : random_(random) {}

  static std::vector<data_item> items() {
    return {{"load", "kpi", {}}, {"m", "kpi", {}}, {"dmesg", "log", {}}};
  }

  std::string expression(int depth) {
    if (depth > 0 && random_.one_in(6))
      return binary(1, depth - 1) + gap() + "?" + gap() + expression(depth - 1) + gap() + ":" +
             gap() + expression(depth - 1);
    return binary(1, depth);
  }

private:
  static constexpr int levels = 10;

  std::string binary(int level, int depth) {
    if (level == 6 && depth > 0 && random_.one_in(12))
      return dict(depth - 1) + (random_.one_in(2) ? " in " : " notin ") + dict(depth - 1);
    if (level > levels)
      return unary(depth);
    auto text = binary(level + 1, depth);
    while (depth > 0 && random_.one_in(12))
      text += gap() + operator_of(level) + gap() + binary(level + 1, depth - 1);
    return text;
  }

  std::string operator_of(int level) {
    static const std::vector<std::vector<std::string>> operators = {{"||"},
                                                                    {"&&"},
                                                                    {"|"},
                                                                    {"^"},
                                                                    {"&"},
                                                                    {"==", "!="},
                                                                    {"<", ">", "<=", ">="},
                                                                    {"<<", ">>"},
                                                                    {"+", "-"},
                                                                    {"*", "/", "%"}};
    return random_.pick(operators[static_cast<size_t>(level) - 1]);
  }

  std::string unary(int depth) {
    static const std::vector<std::string> operators = {"+", "-", "!", "~"};
    if (depth > 0 && random_.one_in(5))
      return random_.pick(operators) + gap() + unary(depth - 1);
    return primary(depth);
  }

  std::string primary(int depth) {
    static const std::vector<std::string> leaves = {"0",        "1",
                                                    "2",        "7",
                                                    "0x1F",     "1.5",
                                                    ".25",      "1e3",
                                                    "2.5e-3",   "9223372036854775807",
                                                    "1e999",    "true",
                                                    "False",    "null",
                                                    "'a'",      "\"\"",
                                                    "'b\\n'",   "'\\x07\\u4e2d'",
                                                    "'it\\'s'", "'\\d'",
                                                    "$0",       "$1",
                                                    "$2",       "load",
                                                    "m",        "dmesg"};
    if (depth <= 0 || random_.one_in(2))
      return random_.pick(leaves);
    if (random_.one_in(2))
      return "(" + gap() + expression(depth - 1) + gap() + ")";
    return call(depth - 1);
  }

  std::string call(int depth) {
    static const std::vector<std::string> receivers = {
      "", "$0.", "$1.", "$2.", "load.", "m .", "dmesg. "};
    static const std::vector<std::string> functions = {
      "max", "min", "sum", "avg", "rate", "diff", "change", "abschange"};
    static const std::vector<std::string> comparisons = {
      "'>'", "\"<\"", "'>='", "'<='", "'=='", "'!='", "($0 > 1 ? '>' : '==')"};
    auto receiver = random_.pick(receivers);
    if (random_.one_in(5))
      return receiver + "keyword(" + expression(depth) + ")";
    if (random_.one_in(4))
      return receiver + "count(" + window() + "," + gap() + expression(depth) + ", " +
             random_.pick(comparisons) + ")";
    return receiver + random_.pick(functions) + "(" + window() + ")";
  }

  std::string window() {
    static const std::vector<std::string> windows = {
      "#1", "#5", "#20", "30s", "1m", "1 h", "90", "0", ".5m", "1.1s", "0x10s", "1e2"};
    return random_.pick(windows);
  }

  std::string dict(int depth) {
    std::string text = "{";
    for (auto pairs = random_.below(3), i = pairs * 0; i < pairs; ++i)
      text += (i > 0 ? ", " : "") + expression(depth) + ":" + expression(depth);
    return text + "}";
  }

  std::string gap() { return random_.one_in(4) ? " " : random_.one_in(20) ? "\n" : ""; }

  random_source& random_;
};

} // namespace tests
