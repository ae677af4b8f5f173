#include "http/server/packed_body.hpp"

#include "http/server/exchange.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <zlib.h>

namespace aops::http {

namespace {

using unpacking_piece = std::array<char, 1 << 16>;

tl::unexpected<error> damaged_body(std::string_view how) {
  return fail(ec::bad_request, fmt::format("Content-Encoding: the body is no {}", how));
}

tl::unexpected<error> too_long_body(size_t most) {
  return fail(ec::overloaded,
              fmt::format("the body is longer than {} bytes when it is unpacked", most));
}

expected<std::string> inflated(std::string_view packed, std::string_view how, size_t most) {
  constexpr int any_header = 15 + 32;
  z_stream z{};
  if (inflateInit2(&z, any_header) != Z_OK)
    return fail(ec::internal, "zlib does not begin");
  std::unique_ptr<z_stream, decltype(&inflateEnd)> ends{&z, &inflateEnd};
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // It only reads.
  z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  auto piece = std::make_unique<unpacking_piece>();
  for (;;) {
    z.next_out = reinterpret_cast<Bytef*>(piece->data());
    z.avail_out = static_cast<uInt>(piece->size());
    auto status = inflate(&z, Z_NO_FLUSH);
    out.append(piece->data(), piece->size() - z.avail_out);
    if (out.size() > most)
      return too_long_body(most);
    if (status == Z_STREAM_END && z.avail_in == 0)
      return out;
    if (status == Z_STREAM_END ? inflateReset(&z) != Z_OK // Several may stand after each other.
                               : status != Z_OK || (z.avail_in == 0 && z.avail_out > 0))
      return damaged_body(how);
  }
}

expected<std::string> unzstd(std::string_view packed, std::string_view how, size_t most) {
  constexpr int most_window_log = 23; // 8 MiB: what a frame may make us hold.
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), &ZSTD_freeDCtx};
  if (!context)
    return fail(ec::internal, "zstd does not begin");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, most_window_log);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string out;
  auto piece = std::make_unique<unpacking_piece>();
  for (;;) {
    ZSTD_outBuffer to{piece->data(), piece->size(), 0};
    auto left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left))
      return damaged_body(how);
    out.append(piece->data(), to.pos);
    if (out.size() > most)
      return too_long_body(most);
    if (in.pos == in.size && to.pos < to.size)
      return left == 0 ? expected<std::string>{std::move(out)} : damaged_body(how);
  }
}

} // namespace

bool is_known_packing(std::string_view name) {
  constexpr std::array<std::string_view, 5> known = {
    "gzip", "x-gzip", "deflate", "zstd", "identity"};
  return std::any_of(known.begin(), known.end(), [&](auto x) { return same_name(x, name); });
}

expected<std::string> unpacked_body(std::string_view packed, std::string_view how, size_t most) {
  if (same_name(how, "identity"))
    return std::string{packed};
  return same_name(how, "zstd") ? unzstd(packed, how, most) : inflated(packed, how, most);
}

} // namespace aops::http
