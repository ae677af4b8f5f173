#pragma once

#include "runtime/io/storage/dialect.hpp"

#include <optional>

namespace aops::storage {

const dialect& mariadb_dialect();

/// An `insert_ignore` in pieces. MariaDB's own `insert ignore` would also swallow missing parents
/// and cut texts; so the statement is a plain insert that carries its keys in a comment.
struct careful_insert {
  std::string exists; ///< Query that finds the row in the way; its values are the first `keys`.
  size_t keys = 0;
};
std::optional<careful_insert> careful_insert_of(std::string_view statement);

} // namespace aops::storage
