#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::tracing {

/// How a file is to be read. The names are those on the wire.
enum class file_type : uint8_t {
  ini,       ///< `ini`: `[section]`, `option = value`.
  key_value, ///< `key-value`: options without sections.
  json,      ///< `json`.
  toml,      ///< `toml`.
  yaml,      ///< `yaml`.
  xml,       ///< `xml`.
  sshd,      ///< `sshd`: `Option value`, sections by lines such as `Match User git`.
  table,     ///< `table`: a row a line, columns between blanks.
  text,      ///< `text`: lines.
};

/// In their order.
inline constexpr std::array<std::string_view, 9> file_type_names = {
  "ini", "key-value", "json", "toml", "yaml", "xml", "sshd", "table", "text"};

std::string_view to_string(file_type x);
bool from_text(std::string_view text, file_type& to);

/// What a line goes on with.
enum class continued_by : uint8_t {
  nothing,     ///< `none`
  indentation, ///< `indent`: the next line is indented deeper.
  backslash,   ///< `backslash` at its end.
};

std::string_view to_string(continued_by x);
bool from_text(std::string_view text, continued_by& to);

/// How the files of a model are spelled. `syntax_of(type)` has what is usual for a type.
struct syntax {
  file_type type = file_type::text;
  /// Between option and value: `=`, `:`, or a blank for any white space. Several: each of them, the
  /// first is written. Of ini, key-value and sshd.
  std::string spacer;
  std::vector<std::string> comments;     ///< What a comment begins with.
  std::vector<std::string> not_comments; ///< What begins so is none, such as `#include`.
  bool inline_comments = false;          ///< A comment may follow a value, after a blank.
  bool bare_options = false;             ///< Options without spacer and value: null.
  std::string directives; ///< Characters that begin a line of its own, as `!include`.
  continued_by continuation = continued_by::nothing;
  bool ignore_case = false;         ///< Of the names of options.
  bool collapse_blanks = false;     ///< Blanks within a value are one blank.
  bool trim = false;                ///< Of text: blanks at both ends of a line do not count.
  std::vector<std::string> headers; ///< Of sshd: options that begin a section.
  std::vector<std::string> columns; ///< Of table; a last one with `...` takes the rest of a line.
  std::string key;                  ///< Of table: the column that names a row.
};

syntax syntax_of(file_type type);

// -- bounds of what is read

inline constexpr size_t most_file_bytes = size_t{1} << 20;
inline constexpr size_t most_lines = 100'000;
inline constexpr size_t most_values = 100'000; ///< Options, items, elements; aliases count again.
inline constexpr size_t most_levels = 64;
inline constexpr size_t most_name_bytes = 1024; ///< Of a section or an option.

} // namespace aops::tracing
