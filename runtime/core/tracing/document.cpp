#include "runtime/core/tracing/document.hpp"

#include "runtime/core/tracing/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace aops::tracing {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

const format& format_of(file_type type) {
  switch (type) {
  case file_type::ini:
  case file_type::key_value:
  case file_type::sshd:
    return option_format;
  case file_type::table:
    return table_format;
  case file_type::json:
    return json_format;
  case file_type::toml:
    return toml_format;
  case file_type::yaml:
    return yaml_format;
  case file_type::xml:
    return xml_format;
  case file_type::text:
    break;
  }
  return text_format;
}

/// What holds for every type.
expected<void> check_text(std::string_view text) {
  if (text.size() > most_file_bytes)
    return fault_at(1, fmt::format("a file of more than {} bytes", most_file_bytes));
  if (auto at = text.find('\0'); at != text.npos)
    return fault_at(line_at(text, at), "holds NUL");
  if (auto at = first_bad_byte(text); at != text.npos)
    return fault_at(line_at(text, at), "is no UTF-8");
  if (static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) > most_lines)
    return fault_at(most_lines + 1, fmt::format("more than {} lines", most_lines));
  return {};
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

expected<reading> read(std::string_view text, const syntax& how) {
  if (auto fine = check_text(text); !fine)
    return fail(std::move(fine.error()));
  try {
    return format_of(how.type).read(without_mark(text), how);
  } catch (const std::exception&) {
    // Files come from hosts: what nobody thought of must not end the node.
    return fault_at(1, "is not understood");
  }
}

expected<std::string> write(std::string_view text, const json& values, const syntax& how) {
  try {
    return format_of(how.type).write(text, values, how);
  } catch (const std::exception&) {
    return std::string{text}; // Which does not say the values, and is refused for it.
  }
}

} // namespace

void note_line(reading& to, std::string_view section, size_t line) {
  to.lines.try_emplace(std::string{section}, document::section_lines{line, {}});
}

void note_line(reading& to, std::string_view section, std::string_view option, size_t line) {
  auto [it, is_new] = to.lines.try_emplace(std::string{section}, document::section_lines{line, {}});
  it->second.options.try_emplace(std::string{option}, line);
}

size_t document::line_of(std::string_view section) const {
  auto found = lines_.find(section);
  return found == lines_.end() ? 0 : found->second.line;
}

size_t document::line_of(std::string_view section, std::string_view option) const {
  auto found = lines_.find(section);
  if (found == lines_.end())
    return 0;
  auto line = found->second.options.find(option);
  return line == found->second.options.end() ? 0 : line->second;
}

expected<document> parse(std::string_view text, const syntax& how) {
  auto x = read(text, how);
  if (!x)
    return fail(std::move(x.error()));
  return document{std::string{text}, std::move(x->values), std::move(x->lines)};
}

expected<std::string> apply(std::string_view text, const json& values, const syntax& how) {
  // No XML is empty, but what is written anew begins so.
  auto before = text.empty() ? expected<reading>{reading{}} : read(text, how);
  if (!before)
    return fail(std::move(before.error()));
  if (same_values(before->values, values, how))
    return std::string{text};
  auto bare = without_mark(text);
  auto written = write(bare, values, how);
  if (!written)
    return fail(std::move(written.error()));
  // Whatever a writer overlooked, and whatever a value holds: nothing else is said than the values.
  auto after = read(*written, how);
  if (!after || !same_values(after->values, values, how))
    return fail(ec::bad_request,
                "the values cannot be put into this file as it is: write it anew, or change it by "
                "hand");
  return std::string{text.substr(0, text.size() - bare.size())} + *written;
}

expected<std::string> print(const json& values, const syntax& how) {
  return apply({}, values, how);
}

std::string to_json_text(const json& values) {
  return values.dump(4, ' ', false, json::error_handler_t::replace) + '\n';
}

expected<json> from_json_text(std::string_view text) {
  auto x = read(text, syntax_of(file_type::json));
  if (!x)
    return fail(std::move(x.error()));
  return std::move(x->values);
}

} // namespace aops::tracing
