#pragma once

#include "runtime/base/json_library.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

/// The one text of a JSON value: RFC 8785 (members ordered by UTF-16 code units, ECMAScript number
/// texts, no white space). A number that is no JSON number becomes a text: "NaN", "Infinity",
/// "-Infinity". As in the RFC every number is an IEEE double: integers beyond 2^53 print as their
/// nearest double.
std::string canonical_json(const nlohmann::json& x);

/// The parts of it, for writers that know their members' order.
/// With quotes; ill-formed UTF-8 as U+FFFD.
void append_canonical_text(std::string& out, std::string_view text);
void append_canonical_number(std::string& out, double x);
void append_canonical_number(std::string& out, int64_t x);
void append_canonical(std::string& out, const nlohmann::json& x);

/// Orders texts as RFC 8785 orders members: by UTF-16 code units.
bool utf16_less(std::string_view a, std::string_view b);

/// The shortest text that reads back the same, in ECMAScript's form (`5`, `0.1`, `1e+21`); `NaN`,
/// `Infinity`,
/// `-Infinity` without quotes.
std::string shortest(double x);

/// Milliseconds as JSON seconds: a whole number when whole.
nlohmann::json json_seconds(int64_t ms);

/// The same as text: `12.5`.
void append_seconds(std::string& out, int64_t ms);

} // namespace aops::base
