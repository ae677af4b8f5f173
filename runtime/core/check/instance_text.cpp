#include "runtime/core/check/instance_text.hpp"

namespace aops::check {

namespace {

constexpr std::string_view operators[] = {"=", "!=", "=~", "!~"};

/// As Prometheus writes a label's value.
void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (char c : value)
    if (c == '\n')
      out += "\\n";
    else
      (c == '"' || c == '\\' ? out += '\\' : out) += c;
  out += '"';
}

template <class Operator, class Operand>
std::string text_of(std::string_view name,
                    const std::map<std::string, std::string>& labels,
                    Operator written,
                    Operand operand) {
  std::string out{name};
  if (labels.empty())
    return out;
  out += '{';
  for (const auto& [label, value] : labels) {
    if (out.back() != '{')
      out += ',';
    out.append(label).append(written(value));
    append_quoted(out, operand(value));
  }
  return out + '}';
}

} // namespace

label_matcher read_matcher(std::string_view text) {
  using kind = label_matcher::kind;
  for (auto what : {kind::not_equal, kind::like, kind::unlike, kind::equal})
    if (auto sign = operators[static_cast<size_t>(what)]; text.starts_with(sign))
      return {what, text.substr(sign.size())};
  return {kind::equal, text};
}

std::string instance_text(std::string_view name, const label_set& labels) {
  return text_of(
    name,
    labels,
    [](std::string_view) { return std::string_view{"="}; },
    [](std::string_view value) { return value; });
}

std::string match_text(std::string_view name, const std::map<std::string, std::string>& match) {
  return text_of(
    name,
    match,
    [](std::string_view text) { return operators[static_cast<size_t>(read_matcher(text).what)]; },
    [](std::string_view text) { return read_matcher(text).operand; });
}

} // namespace aops::check
