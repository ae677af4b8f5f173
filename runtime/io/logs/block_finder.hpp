#pragma once

#include "runtime/io/logs/line_shelf.hpp"
#include "runtime/io/logs/sqlite_file.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

/// Which blocks of a file may have what is looked for.
///
/// A word with a digit is mostly one that occurs once, such as a number or an identifier: such
/// words of a block are a filter (`word_filter`), which takes a quarter of what the index needs for
/// them. All others are in the index, and of those with digits the letters before the first one, by
/// which what they begin with is found. Blocks of older files have all words in the index and no
/// filter.
namespace aops::logs {

/// A block without its lines.
struct block_row {
  int64_t n = 0, first_ns = 0, last_ns = 0, lines = 0;
  uint64_t first_n = 0; ///< The least of its lines.
};

/// Files the words of a block for `find_blocks`.
expected<void> add_words(sqlite_file& file, int64_t block, const std::set<std::string>& words);

/// Blocks that have lines from `start_ns` to before `end_ns`, and maybe some that meet the
/// condition; by number. Nothing when the deadline came first.
expected<std::optional<std::vector<block_row>>> find_blocks(sqlite_file& file,
                                                            const shelf_scan& what);

} // namespace aops::logs
