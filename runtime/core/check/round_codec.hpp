#pragma once

#include "messages/error.hpp"
#include "runtime/core/check/rounds.hpp"

#include <string>
#include <string_view>

namespace aops::check {

/// A round as a blob: a format number, whether the host answered, how long that took, and the
/// samples, each with the number its series has in the store.
std::string encode_round(const round& x);

/// ec::corrupt for anything but a blob of `encode_round`, this release's or the previous one's.
expected<round> decode_round(int64_t time_ms, std::string_view blob);

} // namespace aops::check
