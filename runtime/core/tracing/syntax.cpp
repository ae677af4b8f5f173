#include "runtime/core/tracing/syntax.hpp"

#include <algorithm>
#include <array>

namespace aops::tracing {

namespace {

constexpr std::array<std::string_view, 3> continuation_names = {"none", "indent", "backslash"};

template <class E, size_t N>
bool named(const std::array<std::string_view, N>& names, std::string_view text, E& to) {
  auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    return false;
  to = static_cast<E>(found - names.begin());
  return true;
}

} // namespace

std::string_view to_string(file_type x) { return file_type_names[static_cast<size_t>(x)]; }

bool from_text(std::string_view text, file_type& to) { return named(file_type_names, text, to); }

std::string_view to_string(continued_by x) { return continuation_names[static_cast<size_t>(x)]; }

bool from_text(std::string_view text, continued_by& to) {
  return named(continuation_names, text, to);
}

syntax syntax_of(file_type type) {
  syntax x;
  x.type = type;
  switch (type) {
  case file_type::ini:
    x.spacer = "=:";
    x.comments = {"#", ";"};
    x.continuation = continued_by::indentation;
    break;
  case file_type::key_value:
    x.spacer = "=";
    x.comments = {"#"};
    break;
  case file_type::sshd:
    x.spacer = " =";
    x.comments = {"#"};
    x.inline_comments = true;
    x.ignore_case = true;
    x.collapse_blanks = true;
    x.headers = {"Match"};
    break;
  case file_type::table:
    x.comments = {"#"};
    x.inline_comments = true;
    x.columns = {"key", "value..."};
    x.key = "key";
    break;
  case file_type::json:
  case file_type::toml:
  case file_type::yaml:
  case file_type::xml:
  case file_type::text:
    break;
  }
  return x;
}

} // namespace aops::tracing
