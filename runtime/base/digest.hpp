#pragma once

#include "messages/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace aops::base {

using sha256_digest = std::array<uint8_t, 32>;

/// SHA-256 of the bytes.
sha256_digest sha256(std::string_view bytes);

/// SHA-256 as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

/// Two lower-case hex digits per byte.
std::string to_hex(std::span<const uint8_t> bytes);

/// The bytes of an even number of hex digits, either case; else `ec::bad_request`.
expected<std::string> from_hex(std::string_view hex);

/// Fills `out` from OpenSSL's generator. Ends the process when there is no entropy: nothing here is
/// safe without it.
void fill_random(std::span<uint8_t> out);

/// `bytes` random bytes as hex digits.
std::string random_hex(size_t bytes);

/// Equality that takes the same time wherever the texts differ (their length may show).
bool same_secret(std::string_view a, std::string_view b);

} // namespace aops::base
