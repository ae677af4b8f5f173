#pragma once

#include "runtime/io/storage/store_copy.hpp"

namespace aops::tests {

/// So many rows in every table of a new store, with texts and bytes that are easily spoilt, and
/// some nulls.
void fill(storage::database& db, int64_t rows);

} // namespace aops::tests
