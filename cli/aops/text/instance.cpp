#include "cli/aops/text/instance.hpp"

#include <map>

namespace aops::cli {

namespace {

std::string_view take_operator(std::string_view& text) {
  for (std::string_view sign : {"!=", "=~", "!~", "="})
    if (text.starts_with(sign)) {
      text.remove_prefix(sign.size());
      return sign;
    }
  return "=";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c == '\n' ? "\\n" : std::string{c};
  }
  return out + '"';
}

} // namespace

std::string instance_text(const std::string& name, const json& labels, bool is_match) {
  if (!labels.is_object() || labels.empty())
    return name;
  std::map<std::string, std::string> in_order;
  for (const auto& [label, value] : labels.items())
    in_order[label] = value.is_string() ? value.get<std::string>() : value.dump();
  auto out = name + "{";
  for (const auto& [label, value] : in_order) {
    std::string_view operand = value;
    auto sign = is_match ? take_operator(operand) : "=";
    out.append(out.back() == '{' ? "" : ",").append(label).append(sign).append(quoted(operand));
  }
  return out + "}";
}

} // namespace aops::cli
