#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/tracing/syntax.hpp"

#include <map>
#include <string>
#include <string_view>

namespace aops::tracing {

using json = nlohmann::ordered_json;

/// What a configuration file says, and the bytes it says it with.
class document {
public:
  /// Lines from 1: of a section, and of its options.
  struct section_lines {
    size_t line = 0;
    std::map<std::string, size_t, std::less<>> options;
  };
  using lines_by_section = std::map<std::string, section_lines, std::less<>>;

  document(std::string text, json values, lines_by_section lines)
      : text_(std::move(text)), values_(std::move(values)), lines_(std::move(lines)) {}

  /// The file, byte for byte.
  const std::string& text() const { return text_; }

  /// `{section:{option:value}}`. Options before any section are in the section ``. Values are
  /// texts; null of an option without one; a list of an option that stands several times. json,
  /// toml, yaml and xml: what the document is, with its own types and depth. text:
  /// `{"lines":[...]}`.
  const json& values() const { return values_; }

  /// Where a section or an option stands first; 0 when it does not.
  size_t line_of(std::string_view section) const;
  size_t line_of(std::string_view section, std::string_view option) const;

private:
  std::string text_;
  json values_;
  lines_by_section lines_;
};

/// Reads a file. ec::bad_request `line N: reason` when it is none of its kind, is no UTF-8, holds
/// NUL, or breaks a bound of `syntax.hpp`; the reason does not repeat values. An empty file is an
/// empty document, of any type but xml.
expected<document> parse(std::string_view text, const syntax& how);

/// The file with these values: what is the same stays as it is, with comments, order and spelling;
/// what is no more goes, what is new comes after what it belongs to. What comes out reads back as
/// the values, or it is ec::bad_request: a value that the type cannot spell, an anchor that two
/// places share. Errors of `parse` for a text that does not read.
expected<std::string> apply(std::string_view text, const json& values, const syntax& how);

/// A new file with these values. Errors as those of `apply`.
expected<std::string> print(const json& values, const syntax& how);

/// As the contract shows values: members in their order, four blanks a level, a newline at the end.
std::string to_json_text(const json& values);

/// Such a text back, in its order. ec::bad_request `line N: reason`: no JSON, a name twice, a bound
/// broken.
expected<json> from_json_text(std::string_view text);

} // namespace aops::tracing
