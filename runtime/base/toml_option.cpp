#include "runtime/base/toml_option.hpp"

#include <fmt/format.h>

#include <optional>

namespace aops::base {

namespace {

/// A TOML value as the text that `--set` would have; lists joined by commas. Empty optional: no
/// such thing.
std::optional<std::string> text_of_node(const toml::node& node) {
  if (auto x = node.value_exact<std::string>())
    return *x;
  if (auto x = node.value_exact<bool>())
    return *x ? "true" : "false";
  if (auto x = node.value_exact<int64_t>())
    return fmt::format("{}", *x);
  if (auto x = node.value_exact<double>())
    return fmt::format("{}", *x);
  const auto* list = node.as_array();
  if (!list)
    return {};
  std::string joined;
  for (const auto& item : *list) {
    auto text = item.value_exact<std::string>();
    if (!text || text->find(',') != text->npos)
      return {};
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

bool is_fitting(const option& o, const toml::node& node) {
  if (std::holds_alternative<std::string*>(o.value) ||
      std::holds_alternative<sealed_text*>(o.value))
    return node.is_string();
  if (std::holds_alternative<bool*>(o.value))
    return node.is_boolean() || node.is_string();
  if (std::holds_alternative<int64_t*>(o.value))
    return node.is_integer();
  if (std::holds_alternative<std::vector<std::string>*>(o.value) ||
      std::holds_alternative<sealed_list*>(o.value))
    return node.is_array() || node.is_string();
  return !node.is_array() && !node.is_boolean();
}

std::string_view kind_of(const option& o) {
  constexpr std::string_view names[] = {"true or false",
                                        "an integer",
                                        "a number",
                                        "a text in quotes",
                                        "a list of texts",
                                        "a text in quotes",
                                        "a list of texts",
                                        "a duration",
                                        "a size",
                                        "a text HOST:PORT"};
  return names[o.value.index()];
}

} // namespace

expected<std::string> text_for_option(const option& o, const toml::node& node) {
  auto text = is_fitting(o, node) ? text_of_node(node) : std::nullopt;
  if (!text)
    return fail(ec::bad_request, fmt::format("must be {}", kind_of(o)));
  return std::move(*text);
}

expected<toml::table> read_toml_file(const std::string& file) {
  try {
    return toml::table{toml::parse_file(file)};
  } catch (const toml::parse_error& e) {
    auto line = e.source().begin.line;
    auto reason = std::string{e.description()};
    return fail(ec::bad_request,
                line == 0 ? fmt::format("{}: cannot be read: {}", file, reason)
                          : fmt::format("{}:{}: {}", file, line, reason));
  }
}

} // namespace aops::base
