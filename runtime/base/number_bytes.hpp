#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers within bytes that are kept or sent: little-endian ones of 8 bytes, and small ones in few
/// bytes, seven bits each, the lowest first.
namespace aops::base {

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

/// Takes numbers off the front of bytes; one that is not whole ends it: `ok` is false from then on,
/// and all that follow are 0 or empty.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool at_end() const { return at_ == end_; }
  bool ok() const { return ok_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

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

  uint8_t byte() {
    if (at_ == end_)
      return static_cast<uint8_t>(broken());
    return static_cast<uint8_t>(*at_++);
  }

  /// The next `count` bytes, within what was given.
  std::string_view bytes(uint64_t count) {
    if (count > static_cast<uint64_t>(end_ - at_)) {
      broken();
      return {};
    }
    std::string_view out{at_, static_cast<size_t>(count)};
    at_ += count;
    return out;
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

} // namespace aops::base
