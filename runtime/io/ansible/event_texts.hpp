#pragma once

#include "runtime/base/json_library.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What stands in events of Ansible, read without trust: hosts may have written it.
namespace aops::ansible {

/// The text, at most `most` bytes of it, and that it was cut. Characters of UTF-8 stay whole.
std::string cut_text(std::string text, size_t most);

/// How deep events may nest.
inline constexpr int deepest_event = 100;

/// One line of ansible-runner, Python's halves of characters as U+FFFD. Discarded when it is no
/// JSON; what nests deeper than 100 is left out, so that no walk over it is too long.
nlohmann::json event_in(std::string_view line);

/// Null when it is not there, or `object` is none.
const nlohmann::json* member(const nlohmann::json& object, const char* name);
std::string text_of(const nlohmann::json& object, const char* name);
bool flag_of(const nlohmann::json& object, const char* name);
/// The member `event_data`; empty when there is none.
const nlohmann::json& data_of(const nlohmann::json& event);

/// As people read it: a text, or JSON.
std::string plain(const nlohmann::json& x);

/// `2026-11-29T12:17:17.243092`, UTC.
std::optional<int64_t> time_of(const std::string& text);

/// The first line that says something.
std::string first_line(std::string_view text);
/// Without signs of a terminal's commands, and what follows them.
std::string without_colours(std::string_view text);

/// What a module says in one line. A traceback tells most in its last.
std::string message_of(const nlohmann::json& result);
/// What a command printed, or a module with more to say than one line.
std::string output_of(const nlohmann::json& result);

} // namespace aops::ansible
