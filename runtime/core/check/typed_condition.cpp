#include "runtime/core/check/typed_condition.hpp"

#include "runtime/core/check/instance_text.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/expr/lexer.hpp"
#include "runtime/core/expr/program.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace aops::check {

namespace {

/// As many as a rule may have.
constexpr size_t most_items = 64;

/// Words that are no names; `$0` is one, but not of a series.
constexpr std::array<std::string_view, 9> own_words = {
  "true", "True", "TRUE", "false", "False", "FALSE", "null", "in", "notin"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool goes_on_name(char c) { return begins_name(c) || is_digit(c); }

template <class Words>
bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Columns of UTF-8 text.
size_t characters(std::string_view text) {
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Puts `$i` in place of series, twice: filled up with blanks, so that positions stay, for telling
/// what is wrong; and as a rule has it.
class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  expected<typed_condition> read() {
    while (at_ < text_.size())
      if (auto how = step(); !how)
        return fail(std::move(how.error()));
    if (auto fine = expr::program::compile(in_place_, out_.data_list); !fine)
      return fail(std::move(fine.error()));
    if (out_.data_list.empty())
      return expr::fail_at(text_, 0, "names no series");
    return std::move(out_);
  }

private:
  expected<void> step() {
    char c = text_[at_];
    if (is_blank(c))
      return copy(1);
    if (c == '"' || c == '\'')
      return copy(length_of_string());
    if (is_digit(c))
      return copy(length_of_number());
    if (c == '$')
      return expr::fail_at(text_, at_, "a series should stand here, by its name");
    if (c == '[')
      return expr::fail_at(text_, at_, "windows stand in a function behind the series: x.rate(5m)");
    if (begins_name(c))
      return word();
    before_ = c;
    return copy(1);
  }

  expected<void> copy(size_t length) {
    in_place_ += text_.substr(at_, length);
    out_.condition += text_.substr(at_, length);
    if (!is_blank(text_[at_]))
      before_ = text_[at_ + length - 1];
    at_ += length;
    return {};
  }

  size_t length_of_string() const {
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != text_[at_])
      end += text_[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text_.size()) - at_;
  }

  /// With the unit of a window, which may stand apart.
  size_t length_of_number() const {
    auto end = at_;
    while (end < text_.size() && (goes_on_name(text_[end]) || text_[end] == '.'))
      ++end;
    auto unit = end;
    while (unit < text_.size() && is_blank(text_[unit]))
      ++unit;
    bool is_unit = unit < text_.size() &&
                   (text_[unit] == 's' || text_[unit] == 'm' || text_[unit] == 'h') &&
                   (unit + 1 == text_.size() || !goes_on_name(text_[unit + 1]));
    return (is_unit ? unit + 1 : end) - at_;
  }

  char next_after(size_t at) const {
    while (at < text_.size() && is_blank(text_[at]))
      ++at;
    return at < text_.size() ? text_[at] : '\0';
  }

  expected<void> word() {
    auto end = at_;
    while (end < text_.size() && goes_on_name(text_[end]))
      ++end;
    auto name = text_.substr(at_, end - at_);
    auto next = next_after(end);
    bool has_braces = next == '{' && !has(own_words, name);
    bool is_function = before_ == '.' || next == '(';
    bool is_other = has(own_words, name) || (has(expr::fact_names, name) && !has_braces);
    if (!has_braces && (is_function || is_other))
      return copy(name.size());
    auto begin = at_;
    at_ = end;
    data_item item;
    item.name = name;
    if (has_braces || (name != up_series && name != duration_series))
      item.match.emplace();
    if (has_braces)
      if (auto how = braces(*item.match); !how)
        return how;
    return put(std::move(item), begin);
  }

  /// What stood from `begin` on is this series.
  expected<void> put(data_item item, size_t begin) {
    auto& list = out_.data_list;
    auto known = std::find(list.begin(), list.end(), item);
    auto index = static_cast<size_t>(known - list.begin());
    if (known == list.end()) {
      if (list.size() == most_items)
        return expr::fail_at(text_, begin, "too many series");
      list.push_back(std::move(item));
    }
    auto variable = "$" + std::to_string(index);
    auto width = characters(text_.substr(begin, at_ - begin));
    out_.condition += variable;
    in_place_ += variable;
    in_place_.append(width - std::min(width, variable.size()), ' ');
    before_ = variable.back();
    return {};
  }

  // -- inside braces

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }

  bool take(std::string_view what) {
    skip_blanks();
    if (text_.substr(at_, what.size()) != what)
      return false;
    at_ += what.size();
    return true;
  }

  expected<void> braces(std::map<std::string, std::string>& match) {
    take("{");
    while (!take("}")) {
      if (auto how = matcher(match); !how)
        return how;
      if (!take(",") && next_after(at_) != '}')
        return expr::fail_at(text_, at_, "',' or '}' should stand here");
    }
    return {};
  }

  expected<void> matcher(std::map<std::string, std::string>& match) {
    skip_blanks();
    auto begin = at_;
    while (at_ < text_.size() && goes_on_name(text_[at_]))
      ++at_;
    std::string label{text_.substr(begin, at_ - begin)};
    if (label.empty() || is_digit(label.front()))
      return expr::fail_at(text_, begin, "a label should stand here");
    if (label == "instance" || label == "job" || label == "__name__")
      return expr::fail_at(text_, begin, label + " is no label here: the host is chosen beside");
    std::string sign;
    for (std::string_view one : {"=~", "!~", "!=", "="})
      if (sign.empty() && take(one))
        sign = one;
    if (sign.empty())
      return expr::fail_at(text_, at_, "one of = != =~ !~ should stand here");
    auto value = quoted();
    if (!value)
      return fail(std::move(value.error()));
    bool reads_as_operator =
      value->starts_with('=') || value->starts_with("!=") || value->starts_with("!~");
    if (sign == "=" && !reads_as_operator)
      sign.clear();
    if (!match.emplace(label, sign + *value).second)
      return expr::fail_at(
        text_, begin, "'" + label + "' stands here twice: one pattern can say both");
    return {};
  }

  /// As Prometheus has them: with escapes, or between back-ticks as they are.
  expected<std::string> quoted() {
    skip_blanks();
    auto begin = at_;
    char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'' && quote != '`')
      return expr::fail_at(text_, begin, "a text in quotes should stand here");
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return value;
      }
      if (c == '\\' && quote != '`' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n' || c == 't')
          c = c == 'n' ? '\n' : '\t';
        else if (c != quote && c != '\\')
          value += '\\'; // As in strings of conditions: what is no escape stays, for patterns.
      }
      value += c;
    }
    return expr::fail_at(text_, begin, "the text has no end");
  }

  std::string_view text_;
  size_t at_ = 0;
  char before_ = '\0'; ///< The last character that is no blank.
  std::string in_place_;
  typed_condition out_;
};

/// What would not be a series to be matched without braces has them.
std::string selector_text(const data_item& item) {
  bool needs_braces =
    has(expr::fact_names, item.name) || item.name == up_series || item.name == duration_series;
  if (item.match && item.match->empty() && needs_braces)
    return item.name + "{}";
  return item.match ? match_text(item.name, *item.match) : instance_text(item.name, item.label);
}

} // namespace

expected<typed_condition> read_typed(std::string_view text) { return reader{text}.read(); }

std::string typed_again(std::string_view text, const std::vector<data_item>& items) {
  std::string out;
  char quote = '\0';
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (quote != '\0') {
      if (c == '\\' && at + 1 < text.size())
        out += text[at++];
      else if (c == quote)
        quote = '\0';
      out += text[at];
      continue;
    }
    if (c == '"' || c == '\'')
      quote = c;
    size_t index = 0, end = at + 1;
    while (end < text.size() && is_digit(text[end]) && index < items.size())
      index = index * 10 + static_cast<size_t>(text[end++] - '0');
    bool is_variable = c == '$' && end > at + 1 && index < items.size();
    if (!is_variable) {
      out += c;
      continue;
    }
    out += selector_text(items[index]);
    at = end - 1;
  }
  return out;
}

} // namespace aops::check
