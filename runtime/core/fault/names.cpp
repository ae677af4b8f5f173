#include "runtime/core/fault/names.hpp"

#include <algorithm>
#include <array>

namespace aops::fault {
namespace {

/// White space beyond one byte, as UTF-8. Source: Unicode, property White_Space.
constexpr std::array<std::string_view, 19> wide_blanks = {"\xC2\x85",
                                                          "\xC2\xA0",
                                                          "\xE1\x9A\x80",
                                                          "\xE2\x80\x80",
                                                          "\xE2\x80\x81",
                                                          "\xE2\x80\x82",
                                                          "\xE2\x80\x83",
                                                          "\xE2\x80\x84",
                                                          "\xE2\x80\x85",
                                                          "\xE2\x80\x86",
                                                          "\xE2\x80\x87",
                                                          "\xE2\x80\x88",
                                                          "\xE2\x80\x89",
                                                          "\xE2\x80\x8A",
                                                          "\xE2\x80\xA8",
                                                          "\xE2\x80\xA9",
                                                          "\xE2\x80\xAF",
                                                          "\xE2\x81\x9F",
                                                          "\xE3\x80\x80"};

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

size_t blank_at_front(std::string_view text) {
  if (is_blank(text.front()))
    return 1;
  for (auto blank : wide_blanks)
    if (text.starts_with(blank))
      return blank.size();
  return 0;
}

size_t blank_at_back(std::string_view text) {
  if (is_blank(text.back()))
    return 1;
  for (auto blank : wide_blanks)
    if (text.ends_with(blank))
      return blank.size();
  return 0;
}

} // namespace

std::string_view trim(std::string_view text) {
  for (size_t n; !text.empty() && (n = blank_at_front(text)) > 0;)
    text.remove_prefix(n);
  for (size_t n; !text.empty() && (n = blank_at_back(text)) > 0;)
    text.remove_suffix(n);
  return text;
}

bool has_operator(std::string_view text) {
  return text.find_first_of("!()") != text.npos || text.find("&&") != text.npos ||
         text.find("||") != text.npos;
}

size_t character_count(std::string_view text) {
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

} // namespace aops::fault
