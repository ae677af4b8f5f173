#pragma once

#include "runtime/base/json_values.hpp"
#include "runtime/io/storage/database.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What is dumped: rows as JSON objects that say all that others need to understand them, and how
/// they leave the store and come back.
namespace aops::storage {

/// Which rows are to leave.
struct dump_limits {
  int64_t before_ms = 0; ///< Those from before this time; 0: none for their age.
  int64_t most = 0;      ///< Above so many the oldest, of samples so many bytes; 0: however many.
  int64_t now_ms = 0;
};

struct dump_row {
  int64_t key = 0;
  std::string text; ///< JSON with the key as `n`.
};

enum class restored_as : uint8_t {
  added,    ///< It is in the store again.
  present,  ///< There is one of its key, which was not touched.
  homeless, ///< What it belongs to is gone: its host, or the end of the log it was cut from.
};

class dump_kind {
public:
  virtual ~dump_kind() = default;
  virtual std::string_view name() const = 0; ///< `results`, `reports`, `audit`, `samples`.

  /// The oldest that are to leave, in order: at most so many, and not many more bytes than
  /// `most_dump_bytes`.
  virtual expected<std::vector<dump_row>>
  due(database& db, const dump_limits& limits, int64_t portion) const = 0;

  /// Those of these keys that are there.
  virtual expected<std::vector<dump_row>> read(database& db,
                                               const std::vector<int64_t>& keys) const = 0;

  /// In a transaction. @returns How many went.
  virtual expected<int64_t> remove(database& db, const std::vector<int64_t>& keys) const = 0;

  /// One row; the newest first. ec::corrupt when something is missing in it. In a transaction.
  virtual expected<restored_as> restore(database& db, const base::json& row) const = 0;
};

inline constexpr size_t most_dump_bytes = size_t{16} << 20;

const dump_kind& dumped_results();
const dump_kind& dumped_reports();
const dump_kind& dumped_audit();
const dump_kind& dumped_samples();

/// All of them.
std::span<const dump_kind* const> dump_kinds();

/// ec::bad_request for an unknown one.
expected<const dump_kind*> dump_kind_of(std::string_view name);

} // namespace aops::storage
