#include "runtime/io/logs/line_block.hpp"

#include "runtime/base/number_bytes.hpp"

#include <zstd.h>

#include <map>
#include <optional>

namespace aops::logs {

namespace {

using base::put_varint;

/// Columns, for they are alike within: hosts and sources by number, differences of the rest, then
/// all bodies.
constexpr char block_format = 1;
constexpr int packed_level = 9, quick_level = 1;
constexpr uint64_t most_unpacked_bytes = 256 << 20, most_unpacked_lines = 1 << 20;

void put_signed(std::string& out, uint64_t difference) {
  put_varint(out, base::zigzag(static_cast<int64_t>(difference)));
}

uint64_t take_signed(base::byte_reader& in) {
  return static_cast<uint64_t>(base::unzigzag(in.varint()));
}

struct of_source {
  std::string host;
  uint64_t source;
  friend auto operator<=>(const of_source&, const of_source&) = default;
};

tl::unexpected<error> damaged_block() { return fail(ec::corrupt, "a block of lines is damaged"); }

} // namespace

expected<std::string> pack_lines(const std::vector<kept_line>& lines, bool is_packed) {
  std::string plain;
  std::map<of_source, uint64_t> numbers;
  std::vector<const of_source*> sources;
  std::vector<uint64_t> which;
  for (const auto& x : lines) {
    auto [it, is_new] = numbers.try_emplace({x.host, x.source}, sources.size());
    if (is_new)
      sources.push_back(&it->first);
    which.push_back(it->second);
  }
  put_varint(plain, lines.size());
  put_varint(plain, sources.size());
  for (const auto* x : sources) {
    put_varint(plain, x->host.size());
    plain += x->host;
    base::put_fixed(plain, x->source);
  }
  for (auto x : which)
    put_varint(plain, x);
  uint64_t last = 0;
  for (const auto& x : lines)
    put_signed(plain, x.n - std::exchange(last, x.n));
  last = 0;
  for (const auto& x : lines)
    put_signed(plain,
               static_cast<uint64_t>(x.time_ns) -
                 std::exchange(last, static_cast<uint64_t>(x.time_ns)));
  last = 0;
  for (const auto& x : lines)
    put_signed(plain,
               static_cast<uint64_t>(x.offset) -
                 std::exchange(last, static_cast<uint64_t>(x.offset)));
  for (const auto& x : lines)
    put_varint(plain, x.body.size());
  for (const auto& x : lines)
    plain += x.body;
  std::string out(1 + ZSTD_compressBound(plain.size()), '\0');
  out[0] = block_format;
  auto size = ZSTD_compress(out.data() + 1,
                            out.size() - 1,
                            plain.data(),
                            plain.size(),
                            is_packed ? packed_level : quick_level);
  if (ZSTD_isError(size))
    return fail(ec::internal,
                std::string{"lines of hosts cannot be packed: "} + ZSTD_getErrorName(size));
  out.resize(1 + size);
  return out;
}

expected<std::vector<kept_line>> unpack_lines(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != block_format)
    return damaged_block();
  bytes.remove_prefix(1);
  auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
      size > most_unpacked_bytes)
    return damaged_block();
  std::string plain(size, '\0');
  auto got = ZSTD_decompress(plain.data(), plain.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != size)
    return damaged_block();
  base::byte_reader in{plain};
  auto count = in.varint(), source_count = in.varint();
  if (count > most_unpacked_lines || source_count > count)
    return damaged_block();
  std::vector<of_source> sources(source_count);
  for (auto& x : sources) {
    x.host = in.bytes(in.varint());
    x.source = in.fixed();
  }
  std::vector<kept_line> out(count);
  for (auto& x : out) {
    auto n = in.varint();
    if (!in.ok() || n >= sources.size())
      return damaged_block();
    x.host = sources[n].host;
    x.source = sources[n].source;
  }
  uint64_t last = 0;
  for (auto& x : out)
    x.n = last += take_signed(in);
  last = 0;
  for (auto& x : out)
    x.time_ns = static_cast<int64_t>(last += take_signed(in));
  last = 0;
  for (auto& x : out)
    x.offset = static_cast<int64_t>(last += take_signed(in));
  std::vector<uint64_t> lengths(count);
  for (auto& x : lengths)
    x = in.varint();
  for (size_t i = 0; i < out.size() && in.ok(); ++i)
    out[i].body = in.bytes(lengths[i]);
  if (!in.ok() || !in.at_end())
    return damaged_block();
  return out;
}

} // namespace aops::logs
