#include "runtime/core/promql/labels.hpp"
#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/rulefile/template_node.hpp"

#include <charconv>

namespace aops::rulefile {

namespace {

constexpr size_t most_depth = 50, most_text = 1 << 16;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Reads what stands in one action.
class action_reader {
public:
  explicit action_reader(std::string_view text) : rest_(text) {}

  bool accept(std::string_view symbol) {
    skip();
    if (!rest_.starts_with(symbol))
      return false;
    rest_.remove_prefix(symbol.size());
    return true;
  }
  bool accept_word(std::string_view word) {
    skip();
    if (!rest_.starts_with(word) || (rest_.size() > word.size() && is_word(rest_[word.size()])))
      return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool at_end() {
    skip();
    return rest_.empty();
  }
  std::string_view rest() const { return rest_; }

  template_pipeline pipeline(size_t depth = 0) {
    template_pipeline out;
    if (depth > most_depth)
      return refuse("is nested too deeply"), out;
    skip();
    if (rest_.starts_with("$")) { // `$x := ` or `$x = `
      auto before = rest_;
      auto name = variable();
      out.declares = accept(":=");
      if (out.declares || (!rest_.starts_with("==") && accept("=")))
        out.variable = name;
      else
        rest_ = before;
    }
    do
      out.commands.push_back(command(depth));
    while (problem_.empty() && accept("|"));
    return out;
  }

  void refuse(std::string why) {
    if (problem_.empty())
      problem_ = std::move(why);
  }
  const std::string& problem() const { return problem_; }

private:
  void skip() {
    while (!rest_.empty() && is_space(rest_.front()))
      rest_.remove_prefix(1);
  }
  std::string word() {
    size_t length = 0;
    while (length < rest_.size() && is_word(rest_[length]))
      ++length;
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }
  std::string variable() {
    rest_.remove_prefix(1);
    return "$" + word();
  }
  std::vector<std::string> fields() {
    std::vector<std::string> out;
    while (rest_.size() > 1 && rest_[0] == '.' && is_word(rest_[1])) {
      rest_.remove_prefix(1);
      out.push_back(word());
    }
    return out;
  }

  template_command command(size_t depth) {
    template_command out;
    while (problem_.empty()) {
      skip();
      if (rest_.empty() || rest_[0] == '|' || rest_[0] == ')')
        break;
      out.words.push_back(operand(depth));
    }
    if (out.words.empty())
      refuse("a command is missing");
    else if (out.words.size() > 1 && out.words[0].what != template_operand::kind::call)
      refuse("can't give argument to what is no function");
    return out;
  }

  template_operand operand(size_t depth) {
    using kind = template_operand::kind;
    template_operand out;
    char c = rest_[0];
    if (c == '(') {
      rest_.remove_prefix(1);
      out.what = kind::inner;
      out.inner = std::make_shared<template_pipeline>(pipeline(depth + 1));
      if (!accept(")"))
        refuse("unclosed left paren");
      out.fields = fields();
    } else if (c == '$') {
      out.what = kind::variable;
      out.name = variable();
      out.fields = fields();
    } else if (c == '.' && (rest_.size() == 1 || !is_digit(rest_[1]))) {
      out.what = kind::data;
      out.fields = fields();
      if (out.fields.empty())
        rest_.remove_prefix(1);
    } else if (c == '"' || c == '`') {
      out.literal = quoted();
    } else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
      out.literal = number();
    } else if (is_word(c)) {
      named(out);
    } else {
      refuse("unexpected " + promql::in_quotes(rest_.substr(0, 1)));
    }
    return out;
  }

  void named(template_operand& out) {
    auto name = word();
    if (name == "true" || name == "false") {
      out.literal = name == "true";
    } else if (name == "nil") {
      out.literal = std::monostate();
    } else {
      out.what = template_operand::kind::call;
      if (is_left_out(name))
        refuse("not supported: the function " + promql::in_quotes(name));
      else if (!is_template_function(name))
        refuse("function " + promql::in_quotes(name) + " not defined");
      out.name = std::move(name);
    }
  }

  template_value quoted() {
    auto read = promql::lexer(rest_).next();
    if (!read || read->kind != promql::token_kind::text)
      return refuse("unterminated quoted string"), std::string();
    rest_.remove_prefix(read->end);
    return read->text;
  }

  template_value number() {
    size_t length = 1;
    auto is_sign = [&](size_t i) {
      return (rest_[i] == '-' || rest_[i] == '+') && (rest_[i - 1] | 0x20) == 'e';
    };
    while (length < rest_.size() &&
           (is_word(rest_[length]) || rest_[length] == '.' || is_sign(length)))
      ++length;
    auto text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    int64_t whole = 0;
    auto plain = text.substr(text[0] == '+' ? 1 : 0);
    auto [end, problem] = std::from_chars(plain.data(), plain.data() + plain.size(), whole);
    if (problem == std::errc() && end == plain.data() + plain.size())
      return whole;
    double value = 0;
    if (!promql::parse_number(text, value))
      refuse("bad number syntax: " + promql::in_quotes(text));
    return value;
  }

  std::string_view rest_;
  std::string problem_;
};

class template_parser {
public:
  explicit template_parser(std::string_view text) : text_(text) {}

  expected<std::vector<template_node>> run() {
    if (text_.size() > most_text)
      return fail(ec::bad_request, "the template is longer than 64 KiB");
    auto out = list(0);
    if (problem_.empty() && !stopped_by_.empty())
      refuse("unexpected {{" + stopped_by_ + "}}");
    if (!problem_.empty())
      return fail(ec::bad_request, problem_);
    return out;
  }

private:
  void refuse(const std::string& why) {
    if (problem_.empty())
      problem_ = why;
  }

  void add_text(std::vector<template_node>& out, std::string_view text) {
    if (trims_next_)
      while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    trims_next_ = false;
    if (text.empty())
      return;
    template_node n;
    n.text = text;
    out.push_back(std::move(n));
  }

  /// Where an action ends: braces in quotes do not count.
  size_t end_of_action(size_t from) const {
    char quote = 0;
    for (size_t i = from; i + 1 < text_.size(); ++i) {
      char c = text_[i];
      if (quote != 0) {
        if (c == '\\' && quote == '"')
          ++i;
        else if (c == quote)
          quote = 0;
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (c == '}' && text_[i + 1] == '}') {
        return i;
      }
    }
    return text_.npos;
  }

  /// The next action, texts before it added; false at the end.
  bool next_action(std::vector<template_node>& out, std::string& action) {
    auto open = text_.find("{{", at_);
    auto text = text_.substr(at_, open == text_.npos ? open : open - at_);
    if (open == text_.npos) {
      add_text(out, text);
      at_ = text_.size();
      return false;
    }
    size_t begin = open + 2;
    bool trims = begin + 1 < text_.size() && text_[begin] == '-' && is_space(text_[begin + 1]);
    if (trims) {
      begin += 1;
      while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    }
    add_text(out, text);
    auto inside = text_.substr(begin);
    auto first = inside.find_first_not_of(" \t\r\n");
    bool is_comment = first != inside.npos && inside.substr(first).starts_with("/*");
    size_t end = 0;
    if (is_comment) {
      auto closed = text_.find("*/", begin);
      end = closed == text_.npos ? closed : text_.find("}}", closed);
    } else {
      end = end_of_action(begin);
    }
    if (end == text_.npos)
      return refuse("unclosed action"), false;
    auto body = text_.substr(begin, end - begin);
    trims_next_ = body.size() > 1 && body.back() == '-' && is_space(body[body.size() - 2]);
    if (trims_next_)
      body.remove_suffix(1);
    action = is_comment ? std::string() : std::string(body);
    is_comment_ = is_comment;
    at_ = end + 2;
    return true;
  }

  /// Nodes up to `end` or `else`, which is left in `stopped_by_`.
  std::vector<template_node> list(size_t depth) {
    std::vector<template_node> out;
    std::string action;
    stopped_by_.clear();
    if (depth > most_depth)
      return refuse("is nested too deeply"), out;
    while (problem_.empty() && next_action(out, action)) {
      if (is_comment_)
        continue;
      action_reader in(action);
      if (in.accept_word("end")) {
        stopped_by_ = "end";
        return out;
      }
      if (in.accept_word("else")) {
        stopped_by_ = "else";
        else_ = in.rest();
        return out;
      }
      bool is_with = in.accept_word("with");
      if (is_with || in.accept_word("if")) {
        out.push_back(block(in, is_with, depth));
        stopped_by_.clear();
        continue;
      }
      for (std::string_view word : {"range", "define", "template", "block", "break", "continue"})
        if (in.accept_word(word))
          refuse("not supported: {{" + std::string(word) + "}}");
      template_node n;
      n.what = template_node::kind::print;
      n.pipeline = whole(in);
      out.push_back(std::move(n));
    }
    return out;
  }

  template_pipeline whole(action_reader& in) {
    auto out = in.pipeline();
    if (in.problem().empty() && !in.at_end())
      in.refuse("unexpected " + promql::in_quotes(in.rest()));
    if (!in.problem().empty())
      refuse(in.problem());
    return out;
  }

  template_node block(action_reader& in, bool is_with, size_t depth) {
    template_node n;
    n.what = is_with ? template_node::kind::with : template_node::kind::choose;
    n.pipeline = whole(in);
    n.then = list(depth + 1);
    if (stopped_by_ == "else") {
      std::string words = std::exchange(else_, {});
      action_reader more(words);
      if (more.accept_word("if"))
        n.otherwise.push_back(block(more, false, depth + 1)); // Takes the `end` of both.
      else if (!more.at_end())
        refuse("unexpected " + promql::in_quotes(words) + " in {{else}}");
      else
        n.otherwise = list(depth + 1);
    }
    if (stopped_by_ != "end")
      refuse("unexpected EOF, {{end}} is missing");
    return n;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool trims_next_ = false, is_comment_ = false;
  std::string stopped_by_, else_, problem_;
};

} // namespace

expected<std::vector<template_node>> parse_template(std::string_view text) {
  return template_parser(text).run();
}

} // namespace aops::rulefile
