#pragma once

#include "runtime/io/storage/dialect.hpp"

namespace aops::storage {

/// How SQLite spells it.
const dialect& sqlite_dialect();

} // namespace aops::storage
