#include "runtime/core/task/jinja_names.hpp"

#include <algorithm>

namespace aops::task {

namespace {

bool is_first(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A part of an expression: a name, or a single other character; `'` stands for a whole text.
struct token {
  std::string_view text;
  bool is_name = false;
};

std::vector<token> tokens_of(std::string_view x) {
  std::vector<token> out;
  for (size_t i = 0; i < x.size();) {
    auto begin = i;
    if (x[i] == '\'' || x[i] == '"') {
      auto quote = x[i++];
      while (i < x.size() && x[i] != quote)
        i += x[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, x.size());
      out.push_back({"'", false});
    } else if (is_first(x[i])) {
      while (i < x.size() && (is_first(x[i]) || is_digit(x[i])))
        ++i;
      out.push_back({x.substr(begin, i - begin), true});
    } else if (is_digit(x[i])) {
      while (i < x.size() && (is_first(x[i]) || is_digit(x[i]) || x[i] == '.'))
        ++i;
      out.push_back({"0", false});
    } else {
      if (x[i] != ' ' && x[i] != '\n' && x[i] != '\t' && x[i] != '\r')
        out.push_back({x.substr(i, 1), false});
      ++i;
    }
  }
  return out;
}

bool is_word_of_the_language(std::string_view name) {
  constexpr std::string_view words[] = {
    "and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "none", "None"};
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

bool cares_for_undefined(const std::vector<token>& all) {
  for (size_t i = 0; i < all.size(); ++i) {
    auto name = all[i].is_name ? all[i].text : std::string_view{};
    auto before = i > 0 ? all[i - 1].text : std::string_view{};
    if ((name == "default" || name == "d") && before == "|")
      return true;
    if (name == "defined" || name == "undefined" || name == "vars" || name == "hostvars")
      return true;
  }
  return false;
}

/// Whether the name at `i` is one of a variable.
bool is_variable(const std::vector<token>& all, size_t i) {
  auto at = [&](size_t j) { return j < all.size() ? all[j].text : std::string_view{}; };
  auto before = i > 0 ? at(i - 1) : std::string_view{};
  if (is_word_of_the_language(all[i].text) || before == "." || before == "|" || before == "is")
    return false;
  if (before == "not" && i > 1 && at(i - 2) == "is")
    return false;
  if (at(i + 1) == "(")
    return false;
  bool names_argument = at(i + 1) == "=" && at(i + 2) != "=";
  return !names_argument;
}

} // namespace

std::vector<std::string> names_read(std::string_view text) {
  std::vector<std::string> out;
  if (text.find("{%") != text.npos)
    return out;
  for (;;) {
    auto begin = text.find("{{");
    if (begin == text.npos)
      return out;
    text.remove_prefix(begin + 2);
    auto end = text.find("}}");
    auto tokens = tokens_of(text.substr(0, end));
    if (!cares_for_undefined(tokens))
      for (size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i].is_name && is_variable(tokens, i))
          out.emplace_back(tokens[i].text);
    if (end == text.npos)
      return out;
    text.remove_prefix(end + 2);
  }
}

} // namespace aops::task
