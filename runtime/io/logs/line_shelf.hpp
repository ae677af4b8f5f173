#pragma once

#include "runtime/io/logs/line_block.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aops::logs {

/// Calls back with each word that lines with this body are found by.
using word_source =
  std::function<void(std::string_view body, const std::function<void(std::string_view)>& take)>;

struct shelf_config {
  std::string directory; ///< Made with mode 0700 when missing; nobody else may use it.
  int64_t keep_ns = 0;   ///< Lines that came longer ago are gone.
  int64_t max_bytes = 0; ///< All files together; the oldest lines go first.
  word_source words;
  /// The word that lines of a host are found by.
  std::function<std::string(std::string_view host)> host_word;
  /// Whether two lines of the same place are the same.
  std::function<bool(std::string_view a, std::string_view b)> is_same;

  size_t tail_lines = 16'384; ///< So many that are in no block yet.
  size_t tail_bytes = 8 << 20;
  size_t block_lines = 1152, block_bytes = 576 << 10;
  size_t most_waiting_bytes = 32 << 20; ///< Of batches that wait to be written.
};

/// A line as it comes.
struct new_line {
  int64_t time_ns = 0;
  uint64_t source = 0;
  int64_t offset = without_offset;
  std::string body;
};

/// What became of one line.
struct line_place_kept {
  uint64_t n = 0;      ///< Its number; 0: it was there already.
  int64_t time_ns = 0; ///< What it tells, or when it came.
};

struct batch_kept {
  size_t taken = 0, duplicates = 0;
  std::vector<line_place_kept> places = {}; ///< One per line.
};

/// What the words of a block must be like for one of its lines to be of interest.
struct block_condition {
  enum class kind : uint8_t {
    everything,
    word,   ///< `text` is one of them.
    prefix, ///< One of them begins with `text`.
    all,
    any,
  };
  kind what = kind::everything;
  std::string text = {}; ///< As `shelf_config::words` tells words.
  std::vector<block_condition> parts = {};
};

/// Which lines are looked at.
struct shelf_scan {
  int64_t start_ns = 0, end_ns = INT64_MAX; ///< The end is not included.
  bool newest_first = true;
  block_condition words;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// Who looks at lines. Not all in order: blocks are, by what is newest (or oldest) in them.
class line_visitor {
public:
  virtual ~line_visitor() = default;
  /// Whether lines so old are of no interest any more: no newer (older) ones follow.
  virtual bool is_done(int64_t bound_ns) = 0;
  virtual void take(const kept_line& x) = 0;
  /// A block does not read: its lines are not shown.
  virtual void miss(const error& why) = 0;
};

/// Keeps lines in files by time. Any thread.
class line_shelf {
public:
  /// ec::conflict when another process has the folder, ec::store_unreachable.
  static expected<std::unique_ptr<line_shelf>> open(shelf_config config, int64_t now_ns);
  virtual ~line_shelf() = default; ///< What waits is answered ec::unreachable.

  /// Stores lines of a host in a thread of its own, and calls `then` there once they are safe:
  /// lines that are there already, by source and offset, are left out. @returns False when too much
  /// waits; then `then` is not called.
  virtual bool take(std::string host,
                    std::vector<new_line> lines,
                    int64_t now_ns,
                    std::function<void(expected<batch_kept>)> then) = 0;

  /// Shows lines to a visitor. @returns False when the deadline came first.
  virtual expected<bool> scan(const shelf_scan& what, line_visitor& visitor) = 0;

  /// Drops what is too old or too much; to be called now and then. @returns How many files went.
  virtual expected<size_t> tidy(int64_t now_ns) = 0;

  struct figures {
    int64_t bytes = 0, files = 0, waiting_bytes = 0, tail_lines = 0;
  };
  virtual figures standing() const = 0;
};

} // namespace aops::logs
