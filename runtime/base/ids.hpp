#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

/// A new identifier: 32 hex digits, 48 bits of milliseconds and 80 random bits, so identifiers sort
/// by time.
/// @param now_ms Time of `base::clock`, 0 to 2^48 - 1.
std::string new_id(int64_t now_ms);

/// Whether a text has the form of an identifier: 32 lower-case hex digits.
bool is_id(std::string_view text);

/// The milliseconds an identifier of `new_id` was made at; 0 when the text is none.
int64_t time_of_id(std::string_view id);

/// The identity of a report, the same whoever makes it: the first 128 bits of SHA-256 of the
/// canonical JSON list [task, host, tree, start, end], times in seconds, so that a unit that is
/// done twice makes the same report.
std::string report_id(std::string_view task_id,
                      std::string_view host_id,
                      std::string_view tree_name,
                      int64_t start_ms,
                      int64_t end_ms);

} // namespace aops::base
