#include "runtime/io/storage/sample_archive.hpp"

#include "runtime/io/storage/steps.hpp"

#include <zstd.h>

#include <algorithm>

namespace aops::storage {

namespace {

/// zstd of: varint time difference, varint length, bytes; per row.
constexpr char chunk_format = 1;
constexpr int compression_level = 3;
constexpr uint64_t most_unpacked = 256 << 20;

void put_varint(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out += static_cast<char>(x | 0x80);
  out += static_cast<char>(x);
}

/// Takes a number off the front; nothing when the bytes end.
std::optional<uint64_t> take_varint(std::string_view& in) {
  uint64_t x = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    x |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80)
      return x;
  }
  return {};
}

tl::unexpected<error> damaged() { return fail(ec::corrupt, "a chunk of samples is damaged"); }

expected<std::string> decompressed(std::string_view packed) {
  auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most_unpacked)
    return damaged();
  std::string out(size, '\0');
  auto got = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != size)
    return damaged();
  return out;
}

} // namespace

std::string pack_chunk(const std::vector<sample_row>& rows) {
  std::string plain;
  int64_t last = 0;
  for (const auto& x : rows) {
    put_varint(plain, static_cast<uint64_t>(x.time_ms - std::exchange(last, x.time_ms)));
    put_varint(plain, x.blob.size());
    plain += x.blob;
  }
  std::string out(1 + ZSTD_compressBound(plain.size()), '\0');
  out[0] = chunk_format;
  auto size =
    ZSTD_compress(out.data() + 1, out.size() - 1, plain.data(), plain.size(), compression_level);
  out.resize(1 + size);
  return out;
}

expected<std::vector<sample_row>> unpack_chunk(std::string_view chunk) {
  if (chunk.empty() || chunk.front() != chunk_format)
    return fail(ec::corrupt, "a chunk of samples has an unknown format");
  auto plain = decompressed(chunk.substr(1));
  if (!plain)
    return fail(std::move(plain.error()));
  std::vector<sample_row> out;
  std::string_view in{*plain};
  uint64_t time = 0;
  while (!in.empty()) {
    auto difference = take_varint(in);
    auto length = take_varint(in);
    if (!difference || !length || *length > in.size())
      return damaged();
    time += *difference;
    out.push_back({static_cast<int64_t>(time), std::string{in.substr(0, *length)}});
    in.remove_prefix(*length);
  }
  return out;
}

void keep_newest(std::vector<sample_row>& rows) {
  auto by_time = [](const sample_row& a, const sample_row& b) { return a.time_ms < b.time_ms; };
  if (!std::is_sorted(rows.begin(), rows.end(), by_time))
    std::stable_sort(rows.begin(), rows.end(), by_time);
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + 1 < rows.size() && rows[i + 1].time_ms == rows[i].time_ms)
      continue;
    if (kept != i)
      rows[kept] = std::move(rows[i]);
    ++kept;
  }
  rows.resize(kept);
}

expected<int64_t> sample_archive::compact(int64_t before_ms, int64_t limit) {
  auto end = before_ms - before_ms % chunk_ms;
  for (int64_t hours = 0; hours < limit; ++hours) {
    auto oldest = db_.first(
      "select time_ms, host from sample" + db_.sql().use_index("sample_age") +
        "where time_ms < ? order by time_ms, host limit 1",
      [](const row& r) {
        return std::pair{r.integer(0), r.integer(1)};
      },
      end);
    if (!oldest)
      return fail(std::move(oldest.error()));
    if (!*oldest)
      return hours;
    auto [time, host] = **oldest;
    if (auto done = compact_hour(host, time - time % chunk_ms); !done)
      return fail(std::move(done.error()));
  }
  return limit;
}

expected<void> sample_archive::compact_hour(int64_t host, int64_t hour_ms) {
  std::vector<parameter> keys;
  auto rows = db_.list(
    "select time_ms, body, n from sample where host = ? and time_ms >= ? and "
    "time_ms < ? order by time_ms" +
      std::string{db_.sql().for_update()},
    [&](const row& r) {
      keys.emplace_back(r.integer(2));
      return sample_row{r.integer(0), r.string(1)};
    },
    host,
    hour_ms,
    hour_ms + chunk_ms);
  if (!rows)
    return fail(std::move(rows.error()));
  if (rows->empty()) // Another one packed it.
    return {};
  auto chunk = pack_chunk(*rows);
  return in_order(
    [&] {
      return db_.run("insert into sample_chunk (host, from_ms, until_ms, bytes, body) "
                     "values (?, ?, ?, ?, ?)",
                     host,
                     rows->front().time_ms,
                     rows->back().time_ms,
                     chunk.size(),
                     blob{chunk});
    },
    // By key: what a back-fill adds to the hour meanwhile stays.
    [&] { return db_.run_many("delete from sample where n = ?", 1, keys); });
}

expected<int64_t> sample_archive::remove(std::string_view table, const std::vector<int64_t>& keys) {
  auto statement = "delete from " + std::string{table} + " where n = ?";
  return db_.run_many(statement, 1, std::vector<parameter>(keys.begin(), keys.end()));
}

expected<int64_t> sample_archive::expire(int64_t before_ms, int64_t limit) {
  auto read_key = [](const row& r) { return r.integer(0); };
  auto chunks = db_.list("select n from sample_chunk where until_ms < ? order by until_ms limit ?",
                         read_key,
                         before_ms,
                         limit);
  if (!chunks)
    return fail(std::move(chunks.error()));
  auto rows = db_.list("select n from sample where time_ms < ? order by time_ms limit ?",
                       read_key,
                       before_ms,
                       limit - static_cast<int64_t>(chunks->size()));
  if (!rows)
    return fail(std::move(rows.error()));
  auto removed = remove("sample_chunk", *chunks);
  if (!removed)
    return removed;
  return remove("sample", *rows).map([&](int64_t count) { return count + *removed; });
}

expected<int64_t> sample_archive::trim(int64_t most, int64_t limit) {
  auto stored = bytes();
  if (!stored)
    return stored;
  auto excess = *stored - most;
  if (excess <= 0)
    return 0;
  auto oldest = db_.list(
    "select n, bytes from sample_chunk order by until_ms, n limit ?",
    [](const row& r) {
      return std::pair{r.integer(0), r.integer(1)};
    },
    limit);
  if (!oldest)
    return fail(std::move(oldest.error()));
  std::vector<int64_t> keys;
  for (auto [key, size] : *oldest) {
    if (excess <= 0)
      break;
    excess -= size;
    keys.push_back(key);
  }
  return remove("sample_chunk", keys);
}

expected<int64_t> sample_archive::bytes() {
  auto chunks =
    db_.count("select sum(bytes) from sample_chunk" + db_.sql().use_index("sample_chunk_age"));
  if (!chunks)
    return chunks;
  return db_.count("select sum(bytes) from sample" + db_.sql().use_index("sample_age"))
    .map([&](int64_t rows) { return rows + *chunks; });
}

} // namespace aops::storage
