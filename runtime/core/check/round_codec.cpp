#include "runtime/core/check/round_codec.hpp"

#include <algorithm>
#include <bit>

namespace aops::check {

namespace {

constexpr char format_number = 1;
constexpr size_t fixed_bytes = 1 + 1 + 8; ///< Format, answered, duration.
constexpr uint8_t answered_bit = 1;

void put_fixed(std::string& out, uint64_t bits) {
  for (int i = 0; i < 8; ++i)
    out.push_back(static_cast<char>(bits >> (8 * i)));
}

void put_varint(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out.push_back(static_cast<char>(x | 0x80));
  out.push_back(static_cast<char>(x));
}

/// Small numbers of either sign become small numbers.
uint64_t zigzag(int64_t x) {
  return (static_cast<uint64_t>(x) << 1) ^ static_cast<uint64_t>(x >> 63);
}
int64_t unzigzag(uint64_t x) { return static_cast<int64_t>(x >> 1) ^ -static_cast<int64_t>(x & 1); }

class reader {
public:
  explicit reader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  bool ok() const { return ok_; }

  uint64_t fixed() {
    if (bytes_.size() < 8)
      return broken();
    uint64_t x = 0;
    for (int i = 0; i < 8; ++i)
      x |= static_cast<uint64_t>(static_cast<uint8_t>(bytes_[static_cast<size_t>(i)])) << (8 * i);
    bytes_.remove_prefix(8);
    return x;
  }

  uint64_t varint() {
    uint64_t x = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty())
        return broken();
      auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      x |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return x;
    }
    return broken();
  }

private:
  uint64_t broken() {
    ok_ = false;
    bytes_ = {};
    return 0;
  }
  std::string_view bytes_;
  bool ok_ = true;
};

} // namespace

std::string encode_round(const round& x) {
  std::string out;
  out.reserve(fixed_bytes + x.samples.size() * 8);
  out.push_back(format_number);
  out.push_back(static_cast<char>(x.answered ? answered_bit : 0));
  put_fixed(out, std::bit_cast<uint64_t>(x.duration_s));
  auto samples = x.samples;
  std::sort(samples.begin(), samples.end(), [](const sample& a, const sample& b) {
    return a.slot < b.slot;
  });
  uint32_t last = 0;
  for (const auto& [slot, value] : samples) {
    // The distance to the slot before, and in the lowest bit whether a double follows.
    put_varint(out, static_cast<uint64_t>(slot - last) << 1 | (value.is_integer() ? 0 : 1));
    last = slot;
    if (value.is_integer())
      put_varint(out, zigzag(value.integer()));
    else
      put_fixed(out, static_cast<uint64_t>(value.bits()));
  }
  return out;
}

expected<round> decode_round(int64_t time_ms, std::string_view blob) {
  if (blob.size() < fixed_bytes || blob[0] != format_number)
    return fail(ec::corrupt, "sample row");
  round out;
  out.time_ms = time_ms;
  out.answered = (blob[1] & answered_bit) != 0;
  reader in{blob.substr(2)};
  out.duration_s = std::bit_cast<double>(in.fixed());
  uint64_t slot = 0;
  while (!in.at_end()) {
    auto head = in.varint();
    slot += head >> 1;
    auto value = (head & 1) != 0 ? number::of(std::bit_cast<double>(in.fixed()))
                                 : number::of(unzigzag(in.varint()));
    if (!in.ok() || slot > UINT32_MAX)
      return fail(ec::corrupt, "sample row");
    out.samples.push_back({static_cast<uint32_t>(slot), value});
  }
  return out;
}

} // namespace aops::check
