#include "runtime/io/logs/line_block.hpp"

#include "runtime/io/logs/packed_bodies.hpp"

#include <zstd.h>

#include <algorithm>
#include <map>
#include <optional>

namespace aops::logs {

namespace {

using base::put_varint;

/// Quickly: columns, hosts and sources by number, differences of the rest, then all bodies, in one
/// frame. Older files have all their blocks so.
constexpr char quick_format = 1;
/// Small: streams of `block_streams`, a frame each.
constexpr char packed_format = 2;
constexpr int packed_level = 15, quick_level = 1;
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

/// Adds a zstd frame.
expected<void> put_frame(std::string& to, std::string_view plain, int level) {
  auto begin = to.size();
  to.resize(begin + ZSTD_compressBound(plain.size()));
  auto size =
    ZSTD_compress(to.data() + begin, to.size() - begin, plain.data(), plain.size(), level);
  if (ZSTD_isError(size))
    return fail(ec::internal,
                std::string{"lines of hosts cannot be packed: "} + ZSTD_getErrorName(size));
  to.resize(begin + size);
  return {};
}

expected<std::string> take_frame(std::string_view frame) {
  auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
      size > most_unpacked_bytes)
    return damaged_block();
  std::string plain(size, '\0');
  auto got = ZSTD_decompress(plain.data(), plain.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != size)
    return damaged_block();
  return plain;
}

/// The hosts and sources of some lines, and which each has.
struct sources_of_lines {
  std::vector<const of_source*> all;
  std::vector<uint64_t> which;

  explicit sources_of_lines(const std::vector<kept_line>& lines) {
    for (const auto& x : lines) {
      auto [it, is_new] = numbers_.try_emplace({x.host, x.source}, all.size());
      if (is_new)
        all.push_back(&it->first);
      which.push_back(it->second);
    }
  }

  void put(std::string& to) const {
    put_varint(to, all.size());
    for (const auto* x : all) {
      put_varint(to, x->host.size());
      to += x->host;
      base::put_fixed(to, x->source);
    }
  }

private:
  std::map<of_source, uint64_t> numbers_;
};

/// Nothing when there are more than lines.
std::optional<std::vector<of_source>> take_sources(base::byte_reader& in, size_t lines) {
  auto count = in.varint();
  if (count > lines)
    return std::nullopt;
  std::vector<of_source> out(count);
  for (auto& x : out) {
    x.host = in.bytes(in.varint());
    x.source = in.fixed();
  }
  return out;
}

// -- quickly

expected<std::string> pack_quickly(const std::vector<kept_line>& lines) {
  std::string plain;
  sources_of_lines sources{lines};
  put_varint(plain, lines.size());
  sources.put(plain);
  for (auto x : sources.which)
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
  std::string out{quick_format};
  return put_frame(out, plain, quick_level).map([&] { return std::move(out); });
}

expected<std::vector<kept_line>> unpack_quick(std::string_view frame) {
  auto plain = take_frame(frame);
  if (!plain)
    return fail(std::move(plain.error()));
  base::byte_reader in{*plain};
  auto count = in.varint();
  if (count > most_unpacked_lines)
    return damaged_block();
  auto sources = take_sources(in, count);
  if (!sources)
    return damaged_block();
  std::vector<kept_line> out(count);
  for (auto& x : out) {
    auto n = in.varint();
    if (!in.ok() || n >= sources->size())
      return damaged_block();
    x.host = (*sources)[n].host;
    x.source = (*sources)[n].source;
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

// -- small

/// Most clocks tell no nanoseconds.
uint64_t unit_of_times(const std::vector<kept_line>& lines) {
  for (uint64_t unit : {1'000'000'000, 1'000'000, 1'000})
    if (std::all_of(lines.begin(), lines.end(), [&](const auto& x) {
          return static_cast<uint64_t>(x.time_ns) % unit == 0;
        }))
      return unit;
  return 1;
}

/// The offset that a line has when it begins where the one before it in its source ends; a text in
/// a file is mostly as much shorter than a body as the others.
uint64_t offset_after(const kept_line* before) {
  return before ? static_cast<uint64_t>(before->offset) + before->body.size() : 0;
}

expected<std::string> pack_small(const std::vector<kept_line>& lines) {
  block_streams to;
  sources_of_lines sources{lines};
  put_varint(to.shape, lines.size());
  sources.put(to.shape);
  auto unit = unit_of_times(lines);
  put_varint(to.shape, unit);
  std::vector<uint64_t> n, times, offsets;
  std::vector<std::string_view> bodies;
  std::vector<const kept_line*> before(sources.all.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto& x = lines[i];
    n.push_back(x.n);
    times.push_back(static_cast<uint64_t>(x.time_ns) / unit);
    auto& last = before[sources.which[i]];
    offsets.push_back(
      base::zigzag(static_cast<int64_t>(static_cast<uint64_t>(x.offset) - offset_after(last))));
    last = &x;
    bodies.push_back(x.body);
  }
  put_bodies(to, bodies);
  for (const auto* column : {&sources.which, &n, &times, &offsets})
    put_numbers(to, *column);
  std::string out{packed_format};
  for (auto* stream : to.all()) {
    std::string frame;
    if (auto put = put_frame(frame, *stream, packed_level); !put)
      return fail(std::move(put.error()));
    put_varint(out, frame.size());
    out += frame;
  }
  return out;
}

expected<std::vector<kept_line>> unpack_small(std::string_view bytes) {
  base::byte_reader frames{bytes};
  block_streams from;
  for (auto* stream : from.all()) {
    auto frame = frames.bytes(frames.varint());
    if (!frames.ok())
      return damaged_block();
    auto plain = take_frame(frame);
    if (!plain)
      return fail(std::move(plain.error()));
    *stream = std::move(*plain);
  }
  block_reader in{from};
  auto count = in.shape().varint();
  if (!frames.at_end() || count > most_unpacked_lines)
    return damaged_block();
  auto sources = take_sources(in.shape(), count);
  auto unit = in.shape().varint();
  auto bodies = in.bodies(count);
  auto which = in.numbers(count), n = in.numbers(count), times = in.numbers(count),
       offsets = in.numbers(count);
  if (!sources || !bodies || !which || !n || !times || !offsets || !in.at_end())
    return damaged_block();
  std::vector<kept_line> out(count);
  std::vector<const kept_line*> before(sources->size());
  for (size_t i = 0; i < out.size(); ++i) {
    auto& x = out[i];
    auto source = (*which)[i];
    if (source >= sources->size())
      return damaged_block();
    x.n = (*n)[i];
    x.time_ns = static_cast<int64_t>((*times)[i] * unit);
    x.host = (*sources)[source].host;
    x.source = (*sources)[source].source;
    x.body = std::move((*bodies)[i]);
    auto step = static_cast<uint64_t>(base::unzigzag((*offsets)[i]));
    x.offset = static_cast<int64_t>(offset_after(before[source]) + step);
    before[source] = &x;
  }
  return out;
}

} // namespace

expected<std::string> pack_lines(const std::vector<kept_line>& lines, bool is_packed) {
  return is_packed ? pack_small(lines) : pack_quickly(lines);
}

expected<std::vector<kept_line>> unpack_lines(std::string_view bytes) {
  if (bytes.starts_with(quick_format))
    return unpack_quick(bytes.substr(1));
  if (bytes.starts_with(packed_format))
    return unpack_small(bytes.substr(1));
  return damaged_block();
}

} // namespace aops::logs
