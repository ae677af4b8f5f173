#pragma once

#include "runtime/io/storage/dump_file.hpp"
#include "runtime/io/storage/dump_kinds.hpp"

#include <functional>
#include <map>

/// Dumps: rows leave the store for files, and come back. A file is written and read back before its
/// rows are deleted, and the store counts the files whose rows are deleted: one that was written
/// when a node died is found by its number, and its rows are deleted then. So nothing is lost, and
/// nothing stands in two files of one folder.
namespace aops::storage {

/// The last dump of a kind whose rows are deleted.
struct dump_mark {
  std::string store; ///< Tells this store's files apart from others'.
  int64_t number = 0;
};

struct restore_summary {
  int64_t added = 0, present = 0, homeless = 0;
};

/// Makes a row fit into the store before it is put there.
using row_placer =
  std::function<expected<base::json>(database& db, const dump_kind& kind, base::json row)>;

class dump_repository {
public:
  explicit dump_repository(database& db) : db_(db) {}

  /// With an empty `store` when nothing was begun yet.
  expected<dump_mark> mark(const dump_kind& kind);
  /// Before the first file of a kind: from now on its files bear this name, unless they have one.
  expected<void> begin(const dump_kind& kind, std::string_view store);

  /// Deletes the rows of a file, those that are as they stand there, and counts it. ec::moved when
  /// it, or another one of its number, was counted meanwhile. In a transaction. @returns Rows
  /// deleted.
  expected<int64_t> carry_out(const dump_kind& kind, const dump& x);

  /// Puts rows back, none over another one. ec::corrupt. In a transaction.
  expected<restore_summary> restore(const dump& x, const row_placer& place = {});

private:
  expected<void> count(const dump_kind& kind, const dump& x);
  expected<std::vector<int64_t>> unchanged(const dump_kind& kind,
                                           const std::map<int64_t, std::string_view>& rows);
  database& db_;
};

} // namespace aops::storage
