#pragma once

#include "messages/error.hpp"
#include "runtime/core/logs/record.hpp"

#include <string>
#include <string_view>

/// A line as bytes, as it is kept: a format number and what the store does not know by itself.
namespace aops::logs {

/// All but time and offset.
std::string encode_record(const record& x);

/// ec::corrupt when they are damaged.
expected<record> decode_record(std::string_view bytes);

/// Whether two lines have the same message; damaged ones are like no other.
bool same_message(std::string_view a, std::string_view b);

} // namespace aops::logs
