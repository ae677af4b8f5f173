#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_values.hpp"

#include <string>
#include <vector>

/// The file of a dump: rows that left the store, readable by anybody with `zstdcat`.
///
///     {"aops_dump": 1, "kind": "results", "store": …, "number": 7, "created_ms": …}
///     {…}                                                        one row a line
///     {"rows": 1234, "sha256": …}                                of all lines before it
///
/// compressed as one zstd frame with a checksum.
namespace aops::storage {

struct dump {
  std::string kind, store; ///< Which rows, of which store.
  int64_t number = 0;      ///< Counts the dumps of a kind and store from 1.
  int64_t created_ms = 0;
  std::vector<std::string> rows; ///< JSON, without the line's end.
};

/// `results-1f0c2b7a-00000007.jsonl.zst`
std::string dump_name(std::string_view kind, std::string_view store, int64_t number);

/// Writes beside the file and gives it its name once it is durable. ec::conflict when it exists,
/// ec::store_unreachable when it cannot be written; what was begun is deleted then.
expected<void> write_dump(const std::string& file, const dump& x);

/// Reads it whole. ec::bad_request when it cannot be read or is no dump; ec::corrupt when a byte
/// was changed or some are missing; ec::conflict when it is of a later format.
expected<dump> read_dump(const std::string& file);

} // namespace aops::storage
