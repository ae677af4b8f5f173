#pragma once

#include "runtime/io/storage/store_copy.hpp"

/// What commands that move a whole store tell.
namespace aops::node {

/// One line of progress, to standard error.
void report_step(std::string_view step, std::string_view table, int64_t rows);

/// Rows and digests, to standard output.
void print_tables(const std::vector<storage::copied_table>& tables);

} // namespace aops::node
