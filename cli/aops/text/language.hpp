#pragma once

#include "cli/aops/text/environment.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

/// Texts for people in the language they read. English stands where a text is used; `chinese.hpp`
/// has the Chinese for each.
namespace aops::cli {

enum class language { english, chinese };

/// By the first of LC_ALL, LC_MESSAGES, LANG that is set: Chinese when it begins with `zh` and
/// names no other encoding than UTF-8.
language language_of(const environment& env);

/// Of all texts of this process from now on; English at first.
void use_language(language which);

/// The text in the language in use; as it is when it has no translation.
std::string_view translated(std::string_view english);

/// Marks a text that is translated where it is shown.
constexpr std::string_view tr_later(std::string_view english) { return english; }

/// A text with values in it.
template <class... Args>
std::string tr(fmt::format_string<Args...> english, Args&&... args) {
  fmt::string_view own = english;
  auto text = translated({own.data(), own.size()});
  return fmt::vformat(fmt::string_view{text.data(), text.size()}, fmt::make_format_args(args...));
}

} // namespace aops::cli
