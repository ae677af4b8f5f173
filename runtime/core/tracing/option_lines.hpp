#pragma once

#include "runtime/core/tracing/source_text.hpp"

#include <optional>
#include <string>
#include <vector>

/// INTERNAL: the lines of ini, key-value and sshd files.
namespace aops::tracing {

enum class line_kind : uint8_t { blank, comment, header, option };

/// A line, with those it goes on with.
struct option_line {
  line_kind kind = line_kind::blank;
  size_t line = 0;           ///< From 1.
  size_t begin = 0, end = 0; ///< With its end.
  size_t indent = 0;         ///< Blanks before it.
  size_t section = 0;        ///< In `option_lines::sections`; of a header its own.
  bool is_directive = false;
  std::string name;
  std::optional<std::string> value;      ///< Nothing: there is none.
  size_t name_end = 0;                   ///< Where the name ends,
  size_t value_begin = 0, value_end = 0; ///< and where the value stands.
  std::string inner_comments;            ///< Lines of comments within the value.
};

struct option_lines {
  std::vector<option_line> lines;
  std::vector<std::string> sections; ///< The first is the one without a name.
};

expected<option_lines> read_option_lines(std::string_view text, const syntax& how);

/// Whether a trimmed line is a comment.
bool is_comment(std::string_view line, const syntax& how);

/// Where the comment behind a value begins, with the blanks before it; the size when there is none.
/// @param begin Where the value begins in the line.
size_t value_stop(std::string_view line, size_t begin, const syntax& how);

} // namespace aops::tracing
