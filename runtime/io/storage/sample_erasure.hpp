#pragma once

#include "runtime/io/storage/database.hpp"

#include <string>
#include <vector>

namespace aops::storage {

/// Deletes the stored samples of hosts within a range, step by step: each step is short and belongs
/// into a transaction of its own, so that the writer stays free in between. May be copied: a step
/// that failed is done again from the copy.
class sample_erasure {
public:
  /// @param hosts Their integer keys.
  sample_erasure(std::vector<int64_t> hosts, int64_t from_ms, int64_t until_ms)
      : hosts_(std::move(hosts)), from_ms_(from_ms), until_ms_(until_ms) {}

  bool is_done() const { return hosts_.empty(); }
  int64_t deleted() const { return deleted_; } ///< Rounds of samples.

  /// ec::corrupt when a chunk cannot be read.
  expected<void> step(database& db);

private:
  expected<void> delete_rows(database& db);
  expected<void> shrink_chunks(database& db);

  std::vector<int64_t> hosts_; ///< Still to be done; the last is at work.
  int64_t from_ms_, until_ms_;
  int64_t deleted_ = 0;
  /// Rows go first: what is packed meanwhile has lost them already.
  bool rows_are_gone_ = false;
  int64_t last_chunk_ = 0; ///< Of the host at work.
};

/// The integer keys of these hosts of an owner, or of all of his.
/// @param owner Empty: whoever owns them.
expected<std::vector<int64_t>>
host_keys(database& db, std::string_view owner, const std::vector<std::string>& ids);

} // namespace aops::storage
