#pragma once

#include "messages/error.hpp"
#include "runtime/core/logs/buckets.hpp"
#include "runtime/core/logs/line_query.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// Names of hosts by their ids.
using hosts_seen = std::map<std::string, std::string>;

/// A line that was found.
struct found_log_line {
  uint64_t n = 0;      ///< Tells lines of one time apart, in their order.
  uint64_t source = 0; ///< Hash of host and source.
  std::string host_id;
  logs::record what; ///< With a time.
};

/// Where a line stands among those of its node.
struct line_place {
  int64_t time_ns = 0;
  uint64_t n = 0;
  friend auto operator<=>(const line_place&, const line_place&) = default;
};

enum class line_cut : uint8_t { none, limit, time, size };

/// Which lines somebody wants.
struct lines_wanted {
  std::shared_ptr<const logs::line_query> query;
  std::shared_ptr<const hosts_seen> hosts; ///< Of these alone.
  std::optional<uint64_t> source;          ///< Of this alone.
  int64_t start_ns = 0, end_ns = INT64_MAX;
  bool newest_first = true;
  std::optional<line_place> after; ///< Beyond it, in the order asked for.
  size_t limit = 100;
  std::chrono::steady_clock::time_point deadline;
};

struct lines_had {
  std::vector<found_log_line> lines;
  line_cut cut = line_cut::none;
  std::string damage; ///< What does not read, and was left out.
};

struct lines_counted {
  bool is_whole = true; ///< All were looked at before the deadline.
  std::string damage;   ///< As above.
};

/// Where a line that came stands from now on.
struct stored_place {
  line_place place; ///< `n` is 0 of one that was there already.
  uint64_t source = 0;
};

struct lines_stored {
  size_t taken = 0, duplicates = 0;
  std::vector<stored_place> places = {}; ///< One per line.
};

/// Where lines are kept. Any thread but a scheduler's.
class line_store {
public:
  virtual ~line_store() = default;

  /// Stores lines of a host; `then` is called, in some thread, once they are safe. Lines of a known
  /// source and offset are left out. ec::overloaded, then `then` is not called, when too much
  /// waits.
  virtual expected<void> take(const std::string& host_id,
                              std::vector<logs::record> lines,
                              int64_t now_ns,
                              std::function<void(expected<lines_stored>)> then) = 0;

  /// ec::store_unreachable.
  virtual expected<lines_had> find(const lines_wanted& what) = 0;

  /// Adds lines to the stretches of `to`; what else is wanted as above.
  virtual expected<lines_counted> count(const lines_wanted& what, logs::buckets& to) = 0;

  /// Drops what is too old or too much. To be called now and then.
  virtual expected<void> tidy(int64_t now_ns) = 0;
};

struct embedded_lines_config {
  std::string directory;
  int64_t keep_ms = 0, max_bytes = 0;
};

/// The store of a folder on this node. ec::conflict, ec::store_unreachable.
expected<std::shared_ptr<line_store>> open_embedded_lines(const embedded_lines_config& config,
                                                          int64_t now_ns);

} // namespace aops::actors
