#pragma once

#include "messages/rounds.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Sample rows of an hour as one blob: a format number, then zstd.
std::string pack_chunk(const std::vector<sample_row>& rows);

/// ec::corrupt for a damaged chunk or an unknown format.
expected<std::vector<sample_row>> unpack_chunk(std::string_view chunk);

/// Orders by time; of rows of the same time the last one stays.
void keep_newest(std::vector<sample_row>& rows);

/// Makes old samples small and forgets the oldest. Each call is one short step that belongs into a
/// transaction of its own, so that the writer stays free in between; call again while it returns
/// more than 0.
class sample_archive {
public:
  static constexpr int64_t chunk_ms = 3600 * 1000;

  explicit sample_archive(database& db) : db_(db) {}

  /// Turns rows of whole hours that ended before a time into chunks.
  /// @param limit Host-hours in this step. @returns Host-hours done.
  expected<int64_t> compact(int64_t before_ms, int64_t limit = 8);

  /// Deletes rows and chunks that ended before a time. @returns Rows and chunks deleted.
  expected<int64_t> expire(int64_t before_ms, int64_t limit = 5'000);

  /// Deletes the oldest chunks while samples take more than `most` bytes. @returns Chunks deleted.
  expected<int64_t> trim(int64_t most, int64_t limit = 1'000);

  /// Bytes that chunks and rows take.
  expected<int64_t> bytes();

private:
  expected<void> compact_hour(int64_t host, int64_t hour_ms);
  expected<int64_t> remove(std::string_view table, const std::vector<int64_t>& keys);
  database& db_;
};

} // namespace aops::storage
