#pragma once

/// nlohmann's JSON, included by all in this way only (`tools/dev check` sees to it). Its assertions
/// hold for bad data, too: to look for a member that a constant object lacks, `x["k"]`, is one.
/// Here a failed one throws what its other errors do (`json::other_error`, 599), and whoever
/// answers the request says so: what one document lacks does not end a node. Those of its functions
/// that are `noexcept` assert what no document can break.
namespace aops::base {
[[noreturn]] inline void refuse_misuse_of_json(const char* what);
}

#define JSON_ASSERT(x) ((x) ? void() : ::aops::base::refuse_misuse_of_json(#x))

#include <nlohmann/json.hpp>

namespace aops::base {
inline void refuse_misuse_of_json(const char* what) {
  constexpr int number = 599; // The library's own are 501 to 504.
  throw nlohmann::json::other_error::create(
    number, std::string{"this does not hold: "} + what, nullptr);
}
} // namespace aops::base
