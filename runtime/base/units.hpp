#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

/// A length of time as configuration gives it.
struct duration {
  int64_t ms = 0;
  constexpr std::chrono::milliseconds chrono() const { return std::chrono::milliseconds{ms}; }
  friend auto operator<=>(const duration&, const duration&) = default;
};
constexpr duration milliseconds(int64_t n) { return {n}; }
constexpr duration seconds(int64_t n) { return {n * 1000}; }
constexpr duration minutes(int64_t n) { return seconds(n * 60); }
constexpr duration hours(int64_t n) { return minutes(n * 60); }
constexpr duration days(int64_t n) { return hours(n * 24); }

/// Seconds (`15`, `0.5`), or with a unit: `500ms`, `15s`, `5m`, `2h`, `7d`. Not negative, at most
/// 100 years; else ec::bad_request.
expected<duration> parse_duration(std::string_view text);
/// The shortest text that reads back the same: `15s`, `2h`, `1500ms`.
std::string to_string(duration d);

/// A number of bytes as configuration gives it.
struct byte_size {
  int64_t bytes = 0;
  friend auto operator<=>(const byte_size&, const byte_size&) = default;
};
constexpr byte_size mebibytes(int64_t n) { return {n << 20}; }
constexpr byte_size gigabytes(int64_t n) { return {n * 1'000'000'000}; }

/// Bytes, or with a unit: `64KiB`, `8MiB`, `1GiB`, `500kB`, `10MB`, `10GB`, `1TB`. Else
/// ec::bad_request.
expected<byte_size> parse_byte_size(std::string_view text);
std::string to_string(byte_size s);

/// Where to listen or to connect.
struct endpoint {
  std::string host; ///< A name or an address, IPv6 without brackets.
  uint16_t port = 0;
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// `HOST:PORT`, `[IPV6]:PORT`; else ec::bad_request.
expected<endpoint> parse_endpoint(std::string_view text);
std::string to_string(const endpoint& e);

/// A decimal integer of 64 bits and nothing beside it, else ec::bad_request.
expected<int64_t> parse_integer(std::string_view text);

} // namespace aops::base
