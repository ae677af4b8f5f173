#pragma once

#include "runtime/base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// Words of a text. A word is a run of ASCII letters, digits and `_`, and of other letters; ASCII
/// letters are the same whatever their case. Scripts that put no blanks between words (Chinese,
/// Japanese, Korean) are taken character by character.
namespace aops::logs {

/// Words are indexed up to this length, in bytes.
inline constexpr size_t most_word = 64;

enum class letter : uint8_t { none, of_word, by_itself };

/// What a text begins with.
/// @param length Gets the bytes of the character; at least 1.
letter letter_at(std::string_view text, size_t& length);

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Calls `take` with each word as it is indexed, in lower case; of scripts without blanks, with
/// each character and each pair.
void index_words(std::string_view text, const std::function<void(std::string_view)>& take);

/// The same for looking up: of scripts without blanks, pairs, and characters only where they stand
/// alone.
void lookup_words(std::string_view text, const std::function<void(std::string_view)>& take);

} // namespace aops::logs
