#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace aops::storage {

/// An error of the server (1000…) or of the client library (2000…), as it came.
struct mariadb_trouble {
  unsigned number = 0;
  std::string text;
};

inline constexpr unsigned duplicate_key = 1062;
inline constexpr unsigned unknown_database = 1049;
inline constexpr unsigned unknown_variable = 1193;
inline constexpr unsigned deadlock = 1213;

/// What it means, for a statement that begins with a verb such as `insert`. Shows no value.
error mariadb_error(const mariadb_trouble& what, std::string_view statement = {});

/// The connection, or the server behind it, serves no more: another one is needed.
bool ends_connection(unsigned number);

} // namespace aops::storage
