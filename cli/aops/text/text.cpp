#include "cli/aops/text/text.hpp"

#include "cli/aops/text/language.hpp"
#include "runtime/base/near_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace aops::cli {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";
constexpr char32_t replacement = 0xFFFD;

/// One character of UTF-8 and how many bytes it took (at least 1).
struct glyph {
  char32_t code = 0;
  size_t bytes = 1;
  bool valid = true;
};

glyph read_glyph(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80)
    return {lead, 1, true};
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
    return {replacement, 1, false};
  char32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80)
      return {replacement, 1, false};
    code = (code << 6) | (next & 0x3Fu);
  }
  bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (too_long || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    return {replacement, 1, false};
  return {code, length, true};
}

/// 0 for marks that combine, 2 for East Asian wide characters and emoji. Source: Unicode Annex 11,
/// main blocks.
size_t width_of(char32_t c) {
  struct range {
    char32_t from, to;
  };
  constexpr std::array zero{
    range{0x300, 0x36F}, range{0x200B, 0x200F}, range{0x20D0, 0x20FF}, range{0xFE00, 0xFE0F}};
  constexpr std::array wide{range{0x1100, 0x115F},
                            range{0x2E80, 0x303E},
                            range{0x3041, 0xA4CF},
                            range{0xA960, 0xA97F},
                            range{0xAC00, 0xD7A3},
                            range{0xF900, 0xFAFF},
                            range{0xFE30, 0xFE6F},
                            range{0xFF00, 0xFF60},
                            range{0xFFE0, 0xFFE6},
                            range{0x1F300, 0x1F64F},
                            range{0x1F900, 0x1F9FF},
                            range{0x20000, 0x3FFFD}};
  auto holds = [c](range r) { return c >= r.from && c <= r.to; };
  if (std::any_of(zero.begin(), zero.end(), holds))
    return 0;
  return std::any_of(wide.begin(), wide.end(), holds) ? 2 : 1;
}

bool is_control(char32_t c) {
  bool turns_text_around = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || turns_text_around;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

} // namespace

std::string trimmed(std::string_view text) {
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return std::string{text.substr(first, text.find_last_not_of(blanks) - first + 1)};
}

expected<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    auto comma = text.find(',');
    auto part = trimmed(text.substr(0, comma));
    if (part.empty())
      return fail(ec::bad_request, tr("element {} of the list is empty", parts.size() + 1));
    parts.push_back(std::move(part));
    if (comma == std::string_view::npos)
      return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    auto g = read_glyph(text);
    if (!g.valid)
      shown += "\xEF\xBF\xBD";
    else if (is_control(g.code))
      shown += g.code < 0x100 ? fmt::format("\\x{:02x}", static_cast<uint32_t>(g.code))
                              : fmt::format("\\u{:04x}", static_cast<uint32_t>(g.code));
    else
      shown += text.substr(0, g.bytes);
    text.remove_prefix(g.bytes);
  }
  return shown;
}

size_t columns(std::string_view text) {
  size_t sum = 0;
  while (!text.empty()) {
    auto g = read_glyph(text);
    sum += width_of(g.code);
    text.remove_prefix(g.bytes);
  }
  return sum;
}

std::string clipped(std::string_view text, size_t width) {
  if (columns(text) <= width)
    return std::string{text};
  constexpr std::string_view mark = "...";
  if (width <= mark.size())
    return std::string(mark.substr(0, width));
  size_t used = 0, bytes = 0;
  while (bytes < text.size()) {
    auto g = read_glyph(text.substr(bytes));
    if (used + width_of(g.code) > width - mark.size())
      break;
    used += width_of(g.code);
    bytes += g.bytes;
  }
  return std::string{text.substr(0, bytes)} + std::string{mark};
}

std::vector<std::string> wrapped(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 2);
  std::vector<std::string> lines;
  while (columns(text) > width) {
    size_t used = 0, bytes = 0, last_blank = 0;
    while (bytes < text.size()) {
      auto g = read_glyph(text.substr(bytes));
      if (g.code == ' ' && bytes > 0)
        last_blank = bytes;
      if (used + width_of(g.code) > width)
        break;
      used += width_of(g.code);
      bytes += g.bytes;
    }
    auto cut = last_blank ? last_blank : bytes;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
    while (!text.empty() && text.front() == ' ')
      text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty())
    lines.emplace_back(text);
  return lines;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (auto& c : lower)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::vector<std::string_view> names(known.begin(), known.end());
  auto near = base::near_names(word, names, 1);
  return near.empty() ? std::string{} : std::string{near.front()};
}

std::string hint_at(std::string_view word, const std::vector<std::string>& known) {
  auto best = nearest(word, known);
  return best.empty() ? best : tr("; did you mean {}?", best);
}

bool is_id(std::string_view text) { return text.size() == 32 && is_hex(text); }

bool is_id_prefix(std::string_view text) {
  return text.size() >= 4 && text.size() < 32 && is_hex(text);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::vector<std::string>> split_into(const std::vector<std::string>& texts,
                                                 size_t most) {
  std::vector<std::vector<std::string>> parts;
  for (size_t at = 0; at < texts.size(); at += most) {
    auto begin = texts.begin() + static_cast<std::ptrdiff_t>(at);
    auto size = std::min(most, texts.size() - at);
    parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  return parts;
}

} // namespace aops::cli
