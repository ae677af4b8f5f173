#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::cli {

/// Keeps the order of members: what a user wrote comes back in the order he knows.
using json = nlohmann::ordered_json;

/// `ec::bad_request` with the line where `text` stops being JSON, or when it is nested deeper than
/// 512 levels.
expected<json> parse_json(std::string_view text);

/// One line, no blanks, UTF-8 as it is (what is no UTF-8 becomes U+FFFD).
std::string to_line(const json& value);

/// As files have it: two blanks a level, a line break at the end.
std::string to_lines(const json& value);

/// The member's text; empty when there is none or it is no text.
std::string text_of(const json& object, std::string_view key);

/// The member's number; `fallback` when there is none.
double number_of(const json& object, std::string_view key, double fallback = 0);

/// The member as a count: whole, from 0 to 2^53; 0 when there is none.
uint64_t count_of(const json& object, std::string_view key);

/// The member itself; null when `object` is no object or has none.
const json& member(const json& object, std::string_view key);

} // namespace aops::cli
