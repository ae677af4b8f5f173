#pragma once

#include "runtime/io/logs/line_block.hpp"
#include "runtime/io/logs/sqlite_file.hpp"

#include <functional>
#include <set>

/// One file of lines.
namespace aops::logs {

/// Makes its tables where they are missing; ec::corrupt when it is of another format.
expected<void> prepare_shelf_file(sqlite_file& file);

/// What the next lines of the store are numbered from, as far as this file knows.
expected<uint64_t> next_number_in(sqlite_file& file);

expected<void> add_to_tail(sqlite_file& file, uint64_t first_n, std::string_view packed);
expected<void> clear_tail(sqlite_file& file, uint64_t next_n);

/// Stores a block of lines and the words that it is found by.
expected<void> add_block(sqlite_file& file,
                         const std::vector<kept_line>& lines,
                         const std::set<std::string>& words);

/// Blocks that may have the line of an offset of a source.
expected<std::vector<int64_t>>
blocks_with(sqlite_file& file, uint64_t source, int64_t offset, size_t most);

expected<std::vector<kept_line>> lines_of_block(sqlite_file& file, int64_t n);

/// Calls `take` with each source and its greatest offset.
expected<void> greatest_offsets(sqlite_file& file,
                                const std::function<void(uint64_t, int64_t)>& take);

/// Calls `take` with the batches of the tail, oldest first.
expected<void> read_tail(sqlite_file& file,
                         const std::function<expected<void>(std::string_view packed)>& take);

/// The times that blocks of a file span; false when it has none.
expected<bool> span_of_blocks(sqlite_file& file, int64_t& first_ns, int64_t& last_ns);

} // namespace aops::logs
