#pragma once

#include "messages/sample.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

/// How a stored round is spelled.
namespace aops::check {

inline void put_fixed(std::string& out, uint64_t bits) {
  for (int i = 0; i < 8; ++i)
    out.push_back(static_cast<char>(bits >> (8 * i)));
}

inline void put_varint(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out.push_back(static_cast<char>(x | 0x80));
  out.push_back(static_cast<char>(x));
}

/// Small numbers of either sign become small numbers.
inline uint64_t zigzag(int64_t x) {
  return (static_cast<uint64_t>(x) << 1) ^ static_cast<uint64_t>(x >> 63);
}
inline int64_t unzigzag(uint64_t x) {
  return static_cast<int64_t>(x >> 1) ^ -static_cast<int64_t>(x & 1);
}

/// Takes numbers off the front of bytes; one that is not whole ends it.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool at_end() const { return at_ == end_; }
  bool ok() const { return ok_; }

  uint64_t fixed() {
    if (end_ - at_ < 8)
      return broken();
    uint64_t x = 0;
    for (int i = 0; i < 8; ++i)
      x |= static_cast<uint64_t>(static_cast<uint8_t>(at_[i])) << (8 * i);
    at_ += 8;
    return x;
  }

  uint64_t varint() {
    uint64_t x = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_)
        return broken();
      auto byte = static_cast<uint8_t>(*at_++);
      x |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return x;
    }
    return broken();
  }

private:
  uint64_t broken() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

inline constexpr char round_format = 1;
inline constexpr size_t round_head_bytes = 1 + 1 + 8; ///< Format, answered, duration.
inline constexpr uint8_t round_answered = 1;

/// Reads a stored round: `head(answered, duration_s)`, then `take(slot, number)` for each sample,
/// slots ascending. @returns Whether it is one; before that is known samples may have been taken.
template <class Head, class Take>
bool for_each_sample(std::string_view blob, Head head, Take take) {
  if (blob.size() < round_head_bytes || blob[0] != round_format)
    return false;
  byte_reader in{blob.substr(2)};
  auto duration_s = std::bit_cast<double>(in.fixed());
  head((static_cast<uint8_t>(blob[1]) & round_answered) != 0, duration_s);
  uint64_t slot = 0;
  while (!in.at_end()) {
    // The distance to the slot before, and in the lowest bit whether a double follows.
    auto lead = in.varint();
    slot += lead >> 1;
    auto value = (lead & 1) != 0 ? number::of(std::bit_cast<double>(in.fixed()))
                                 : number::of(unzigzag(in.varint()));
    if (!in.ok() || slot > UINT32_MAX)
      return false;
    take(static_cast<uint32_t>(slot), value);
  }
  return true;
}

} // namespace aops::check
