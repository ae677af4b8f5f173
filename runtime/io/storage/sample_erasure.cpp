#include "runtime/io/storage/sample_erasure.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

constexpr int64_t rows_at_once = 2'000;
constexpr int64_t chunks_at_once = 8;

struct chunk {
  int64_t key;
  std::string body;
};

} // namespace

expected<void> sample_erasure::step(database& db) {
  if (is_done())
    return {};
  return rows_are_gone_ ? shrink_chunks(db) : delete_rows(db);
}

expected<void> sample_erasure::delete_rows(database& db) {
  auto keys = db.list(
    "select n from sample where host = ? and time_ms >= ? and time_ms <= ? limit ?",
    [](const row& r) { return parameter{r.integer(0)}; },
    hosts_.back(),
    from_ms_,
    until_ms_,
    rows_at_once);
  if (!keys)
    return fail(std::move(keys.error()));
  auto gone = db.run_many("delete from sample where n = ?", 1, *keys);
  if (!gone)
    return fail(std::move(gone.error()));
  deleted_ += *gone;
  rows_are_gone_ = static_cast<int64_t>(keys->size()) < rows_at_once;
  return {};
}

expected<void> sample_erasure::shrink_chunks(database& db) {
  auto chunks = db.list(
    "select n, body from sample_chunk where host = ? and from_ms <= ? and until_ms >= ? and n > ? "
    "order by n limit ?" +
      std::string{db.sql().for_update()},
    [](const row& r) {
      return chunk{r.integer(0), r.string(1)};
    },
    hosts_.back(),
    until_ms_,
    from_ms_,
    last_chunk_,
    chunks_at_once);
  if (!chunks)
    return fail(std::move(chunks.error()));
  auto done = for_each(*chunks, [&](const chunk& x) -> expected<void> {
    last_chunk_ = x.key;
    auto rows = unpack_chunk(x.body);
    if (!rows)
      return fail(std::move(rows.error()));
    auto gone = std::erase_if(*rows, [&](const sample_row& row) {
      return row.time_ms >= from_ms_ && row.time_ms <= until_ms_;
    });
    deleted_ += static_cast<int64_t>(gone);
    if (rows->empty())
      return only(db.run("delete from sample_chunk where n = ?", x.key));
    if (gone == 0)
      return {};
    auto body = pack_chunk(*rows);
    // Under another number: whoever has the hour under the old one must not take it for this one.
    return in_order(
      [&] {
        return db.run("insert into sample_chunk (host, from_ms, until_ms, bytes, body) "
                      "values (?, ?, ?, ?, ?)",
                      hosts_.back(),
                      rows->front().time_ms,
                      rows->back().time_ms,
                      body.size(),
                      blob{body});
      },
      [&] { return db.run("delete from sample_chunk where n = ?", x.key); });
  });
  if (done && static_cast<int64_t>(chunks->size()) < chunks_at_once) {
    hosts_.pop_back();
    rows_are_gone_ = false;
    last_chunk_ = 0;
  }
  return done;
}

expected<std::vector<int64_t>>
host_keys(database& db, std::string_view owner, const std::vector<std::string>& ids) {
  auto read_key = [](const row& r) { return r.integer(0); };
  std::vector<int64_t> out;
  auto look = [&](const std::vector<std::string>& part) -> expected<void> {
    auto matching = owner.empty() ? filter("1 = 1") : filter("owner = ?", owner);
    matching.in("id", part);
    auto keys =
      db.list_with("select n from host where " + matching.where(), matching.values(), read_key);
    if (!keys)
      return fail(std::move(keys.error()));
    out.insert(out.end(), keys->begin(), keys->end());
    return {};
  };
  auto done = ids.empty() ? look({}) : for_parts(ids, look);
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace aops::storage
