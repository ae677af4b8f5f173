#include "runtime/core/tracing/yaml_text.hpp"

#include "runtime/base/yaml.hpp"

#include <algorithm>

namespace aops::tracing {

namespace {

std::string quoted(const std::string& x) {
  return json(x).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Letters that mean nothing else wherever they stand.
bool is_plain(const std::string& x) {
  constexpr size_t most = 200;
  auto is_safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_./-+"}.find(c) != std::string_view::npos;
  };
  if (x.empty() || x.size() > most || x[0] == '-' || !std::all_of(x.begin(), x.end(), is_safe))
    return false;
  auto back = base::parse_yaml(x);
  return back && *back == json(x);
}

} // namespace

bool is_yaml_block(const json& x) { return x.is_structured() && !x.empty(); }

std::string yaml_scalar(const json& x, char quote) {
  if (!x.is_string())
    return x.dump(-1, ' ', false, json::error_handler_t::replace); // Empty ones, too.
  const auto& text = x.get_ref<const std::string&>();
  bool is_line = std::none_of(
    text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (quote == '\'' && is_line) {
    std::string out = "'";
    for (auto c : text)
      out += c == '\'' ? std::string{"''"} : std::string{c};
    return out + "'";
  }
  return quote == 0 && is_plain(text) ? text : quoted(text);
}

std::string yaml_block(const json& x, const std::string& indent, std::string_view newline) {
  std::string out;
  if (x.is_array()) {
    for (const auto& item : x) {
      if (!is_yaml_block(item)) {
        out.append(indent).append("- ").append(yaml_scalar(item)).append(newline);
        continue;
      }
      auto lines = yaml_block(item, indent + "  ", newline);
      out += lines.replace(indent.size(), 1, "-");
    }
    return out;
  }
  for (const auto& [name, value] : x.items()) {
    out.append(indent).append(yaml_scalar(json(name))).append(":");
    if (is_yaml_block(value))
      out.append(newline).append(yaml_block(value, indent + "  ", newline));
    else
      out.append(" ").append(yaml_scalar(value)).append(newline);
  }
  return out;
}

} // namespace aops::tracing
