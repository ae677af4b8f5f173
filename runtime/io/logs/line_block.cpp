#include "runtime/io/logs/line_block.hpp"

#include <zstd.h>

#include <map>
#include <optional>

namespace aops::logs {

namespace {

/// Columns, for they are alike within: hosts and sources by number, differences of the rest, then
/// all bodies.
constexpr char block_format = 1;
constexpr int packed_level = 9, quick_level = 1;
constexpr uint64_t most_unpacked_bytes = 256 << 20, most_unpacked_lines = 1 << 20;

void put(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out += static_cast<char>(x | 0x80);
  out += static_cast<char>(x);
}

void put_signed(std::string& out, uint64_t difference) {
  auto x = static_cast<int64_t>(difference);
  put(out, (static_cast<uint64_t>(x) << 1) ^ static_cast<uint64_t>(x >> 63));
}

class column_reader {
public:
  explicit column_reader(std::string_view in) : in_(in) {}

  uint64_t take() {
    uint64_t x = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (in_.empty())
        break;
      auto byte = static_cast<uint8_t>(in_.front());
      in_.remove_prefix(1);
      x |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return x;
    }
    is_good_ = false;
    return 0;
  }

  uint64_t take_signed() {
    auto x = take();
    return (x >> 1) ^ (~(x & 1) + 1);
  }

  std::string_view take_bytes(uint64_t length) {
    if (length > in_.size()) {
      is_good_ = false;
      return {};
    }
    auto out = in_.substr(0, length);
    in_.remove_prefix(length);
    return out;
  }

  bool is_good() const { return is_good_; }
  bool is_at_end() const { return in_.empty(); }

private:
  std::string_view in_;
  bool is_good_ = true;
};

struct of_source {
  std::string host;
  uint64_t source;
  friend auto operator<=>(const of_source&, const of_source&) = default;
};

tl::unexpected<error> damaged_block() { return fail(ec::corrupt, "a block of lines is damaged"); }

} // namespace

std::string pack_lines(const std::vector<kept_line>& lines, bool is_packed) {
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
  put(plain, lines.size());
  put(plain, sources.size());
  for (const auto* x : sources) {
    put(plain, x->host.size());
    plain += x->host;
    plain.append(reinterpret_cast<const char*>(&x->source), sizeof x->source);
  }
  for (auto x : which)
    put(plain, x);
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
    put(plain, x.body.size());
  for (const auto& x : lines)
    plain += x.body;
  std::string out(1 + ZSTD_compressBound(plain.size()), '\0');
  out[0] = block_format;
  auto size = ZSTD_compress(out.data() + 1,
                            out.size() - 1,
                            plain.data(),
                            plain.size(),
                            is_packed ? packed_level : quick_level);
  out.resize(ZSTD_isError(size) ? 0 : 1 + size);
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
  column_reader in{plain};
  auto count = in.take(), source_count = in.take();
  if (count > most_unpacked_lines || source_count > count)
    return damaged_block();
  std::vector<of_source> sources(source_count);
  for (auto& x : sources) {
    x.host = in.take_bytes(in.take());
    auto source = in.take_bytes(sizeof x.source);
    if (in.is_good())
      source.copy(reinterpret_cast<char*>(&x.source), sizeof x.source);
  }
  std::vector<kept_line> out(count);
  for (auto& x : out) {
    auto n = in.take();
    if (!in.is_good() || n >= sources.size())
      return damaged_block();
    x.host = sources[n].host;
    x.source = sources[n].source;
  }
  uint64_t last = 0;
  for (auto& x : out)
    x.n = last += in.take_signed();
  last = 0;
  for (auto& x : out)
    x.time_ns = static_cast<int64_t>(last += in.take_signed());
  last = 0;
  for (auto& x : out)
    x.offset = static_cast<int64_t>(last += in.take_signed());
  std::vector<uint64_t> lengths(count);
  for (auto& x : lengths)
    x = in.take();
  for (size_t i = 0; i < out.size() && in.is_good(); ++i)
    out[i].body = in.take_bytes(lengths[i]);
  if (!in.is_good() || !in.is_at_end())
    return damaged_block();
  return out;
}

} // namespace aops::logs
