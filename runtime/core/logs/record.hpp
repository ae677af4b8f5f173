#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Lines that hosts log. See docs/logs.md.
namespace aops::logs {

inline constexpr uint8_t no_severity = 8, no_facility = 24;
inline constexpr int64_t no_offset = -1;

/// A line as its collector told it.
struct record {
  int64_t time_ns = 0; ///< Since 1970; 0: not told.
  std::string source;  ///< File, journal or stream; empty: not told.
  int64_t offset = no_offset;
  uint8_t severity = no_severity; ///< Of syslog: 0 `emerg` to 7 `debug`.
  uint8_t facility = no_facility; ///< Of syslog: 0 `kern` to 23 `local7`.
  std::string program, pid, message;
  std::vector<std::pair<std::string, std::string>> fields; ///< What else was told; by name.
  bool is_cut = false;

  friend bool operator==(const record&, const record&) = default;
};

/// What a line may have; what is longer is cut.
inline constexpr size_t most_message = 65'536, most_source = 512, most_program = 256, most_pid = 32,
                        most_fields = 64, most_field_name = 128, most_field_value = 4096,
                        most_field_bytes = 16'384;

/// How many lines one request may bring.
inline constexpr size_t most_records = 20'000;

/// Cuts a line to these bounds, at borders of characters, and notes that it did. Bytes that are no
/// UTF-8 become U+FFFD; fields are put in order, the first of a name counts.
void fit(record& x);

/// `emerg` to `debug`; empty for `no_severity`.
std::string_view severity_name(uint8_t severity);
/// Of such a name, of what others call it (`ERROR`, `warn`, `fatal`), or of a digit from 0 to 7.
uint8_t severity_of(std::string_view text);

/// `kern` to `local7`; empty for `no_facility`.
std::string_view facility_name(uint8_t facility);
/// Of such a name or of its number.
uint8_t facility_of(std::string_view text);

/// Nanoseconds of a number that counts seconds, milli-, micro- or nanoseconds since 1970: which, by
/// its size. 0 when it is none of them.
int64_t time_of_number(double x);
int64_t time_of_number(int64_t x);

/// Nanoseconds of `2026-03-01T08:15:00.123456789Z`, of the same with a blank for `T`, or of a
/// number as text; without a zone it is UTC. 0 when it is none of them.
int64_t time_of_text(std::string_view text);

} // namespace aops::logs
