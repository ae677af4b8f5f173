#pragma once

#include "runtime/io/storage/dialect.hpp"

/// What the dialects of all engines have in common. Theirs only.
namespace aops::storage {

/// `a, b, c`
std::string joined(dialect::columns names, std::string_view by = ", ");

/// `t (a, b, c) values (?, ?, ?)`
std::string row_of(std::string_view table,
                   dialect::columns keys,
                   dialect::columns others,
                   std::string_view last = {});

std::string replaced(std::string text, std::string_view mark, std::string_view by);

} // namespace aops::storage
