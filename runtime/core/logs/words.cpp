#include "runtime/core/logs/words.hpp"

#include <algorithm>

namespace aops::logs {

namespace {

uint32_t code_point(std::string_view bytes) {
  auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  switch (bytes.size()) {
  case 2:
    return (at(0) & 0x1FU) << 6 | (at(1) & 0x3FU);
  case 3:
    return (at(0) & 0x0FU) << 12 | (at(1) & 0x3FU) << 6 | (at(2) & 0x3FU);
  case 4:
    return (at(0) & 0x07U) << 18 | (at(1) & 0x3FU) << 12 | (at(2) & 0x3FU) << 6 | (at(3) & 0x3FU);
  default:
    return at(0);
  }
}

bool is_by_itself(uint32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3134F);
}

/// Signs rather than letters: Latin-1's, general and Chinese punctuation, wide forms of ASCII's.
bool is_sign(uint32_t c) {
  return (c >= 0x80 && c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA) || c == 0xD7 || c == 0xF7 ||
         (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
         (c >= 0xFF00 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) || c == 0xFFFD || c == 0xFEFF;
}

enum class way { index, lookup };

void words_of(std::string_view text, way how, const std::function<void(std::string_view)>& take) {
  std::string word;
  std::string_view before; // The character by itself just before this one.
  bool is_paired = false;  // It was told as half of a pair.
  auto end_single = [&] {
    if (how == way::lookup && !before.empty() && !is_paired)
      take(before);
    before = {};
    is_paired = false;
  };
  auto end_word = [&] {
    if (!word.empty())
      take(word);
    word.clear();
  };
  for (size_t i = 0; i < text.size();) {
    size_t n = 1;
    auto what = letter_at(text.substr(i), n);
    auto bytes = text.substr(i, n);
    if (what == letter::of_word) {
      end_single();
      if (word.size() + n <= most_word)
        for (auto c : bytes)
          word += lower(c);
      else if (word.size() < most_word) // Never half a character, and nothing after it.
        word.append(most_word - word.size(), '_');
    } else {
      end_word();
    }
    if (what == letter::by_itself) {
      if (!before.empty()) {
        take(std::string_view{before.data(), before.size() + n}); // They stand side by side.
        is_paired = true;
      }
      if (how == way::index)
        take(bytes);
      if (before.empty())
        is_paired = false;
      before = bytes;
    } else if (what == letter::none) {
      end_single();
    }
    i += n;
  }
  end_word();
  end_single();
}

} // namespace

letter letter_at(std::string_view text, size_t& length) {
  length = 1;
  if (text.empty())
    return letter::none;
  auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x80) {
    bool is_one =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return is_one ? letter::of_word : letter::none;
  }
  auto n = base::utf8_length(text);
  if (n == 0)
    return letter::none;
  length = n;
  auto point = code_point(text.substr(0, n));
  if (is_sign(point))
    return letter::none;
  return is_by_itself(point) ? letter::by_itself : letter::of_word;
}

void index_words(std::string_view text, const std::function<void(std::string_view)>& take) {
  words_of(text, way::index, take);
}

void lookup_words(std::string_view text, const std::function<void(std::string_view)>& take) {
  words_of(text, way::lookup, take);
}

} // namespace aops::logs
