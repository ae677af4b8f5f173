#pragma once

#include "messages/sample.hpp"
#include "runtime/base/number_bytes.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

/// How a stored round is spelled.
namespace aops::check {

inline constexpr char round_format = 1;
inline constexpr size_t round_head_bytes = 1 + 1 + 8; ///< Format, answered, duration.
inline constexpr uint8_t round_answered = 1;

/// Reads a stored round: `head(answered, duration_s)`, then `take(slot, number)` for each sample,
/// slots ascending. @returns Whether it is one; before that is known samples may have been taken.
template <class Head, class Take>
bool for_each_sample(std::string_view blob, Head head, Take take) {
  if (blob.size() < round_head_bytes || blob[0] != round_format)
    return false;
  base::byte_reader in{blob.substr(2)};
  auto duration_s = std::bit_cast<double>(in.fixed());
  head((static_cast<uint8_t>(blob[1]) & round_answered) != 0, duration_s);
  uint64_t slot = 0;
  while (!in.at_end()) {
    // The distance to the slot before, and in the lowest bit whether a double follows.
    auto lead = in.varint();
    slot += lead >> 1;
    auto value = (lead & 1) != 0 ? number::of(std::bit_cast<double>(in.fixed()))
                                 : number::of(base::unzigzag(in.varint()));
    if (!in.ok() || slot > UINT32_MAX)
      return false;
    take(static_cast<uint32_t>(slot), value);
  }
  return true;
}

} // namespace aops::check
