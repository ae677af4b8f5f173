#include "runtime/core/check/round_codec.hpp"

#include "runtime/core/check/round_bytes.hpp"

#include <algorithm>

namespace aops::check {

std::string encode_round(const round& x) {
  std::string out;
  out.reserve(round_head_bytes + x.samples.size() * 8);
  out.push_back(round_format);
  out.push_back(static_cast<char>(x.answered ? round_answered : 0));
  base::put_fixed(out, std::bit_cast<uint64_t>(x.duration_s));
  auto samples = x.samples;
  std::sort(samples.begin(), samples.end(), [](const sample& a, const sample& b) {
    return a.slot < b.slot;
  });
  uint32_t last = 0;
  for (const auto& [slot, value] : samples) {
    // The distance to the slot before, and in the lowest bit whether a double follows.
    base::put_varint(out, static_cast<uint64_t>(slot - last) << 1 | (value.is_integer() ? 0 : 1));
    last = slot;
    if (value.is_integer())
      base::put_varint(out, base::zigzag(value.integer()));
    else
      base::put_fixed(out, static_cast<uint64_t>(value.bits()));
  }
  return out;
}

expected<round> decode_round(int64_t time_ms, std::string_view blob) {
  round out;
  out.time_ms = time_ms;
  auto read = for_each_sample(
    blob,
    [&](bool answered, double duration_s) {
      out.answered = answered;
      out.duration_s = duration_s;
    },
    [&](uint32_t slot, number value) {
      out.samples.push_back({slot, value});
    });
  if (!read)
    return fail(ec::corrupt, "sample row");
  return out;
}

} // namespace aops::check
