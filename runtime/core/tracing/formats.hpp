#pragma once

#include "runtime/core/tracing/source_text.hpp"

/// INTERNAL: one pair of functions for each kind of format. Texts are UTF-8 without NUL and within
/// the bounds. What is written is judged by reading it again, so a writer need not foresee what a
/// value does to its file.
namespace aops::tracing {

struct reading {
  json values = json::object();
  document::lines_by_section lines;
};

/// Notes where a section, and what is in it, stands first.
void note_line(reading& to, std::string_view section, size_t line);
void note_line(reading& to, std::string_view section, std::string_view option, size_t line);

struct format {
  expected<reading> (*read)(std::string_view text, const syntax& how);
  expected<std::string> (*write)(std::string_view text, const json& values, const syntax& how);
};

extern const format option_format; ///< ini, key-value, sshd.
extern const format table_format;
extern const format text_format;
extern const format json_format;
extern const format toml_format;
extern const format yaml_format;
extern const format xml_format;

} // namespace aops::tracing
