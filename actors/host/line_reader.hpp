#pragma once

#include "actors/host/history_source.hpp"
#include "messages/logs.hpp"
#include "runtime/core/check/log_lines.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::actors {

/// Which lines of a host are to be read.
struct lines_order {
  std::vector<data_item> items;      ///< Lines that one of them may mean.
  int64_t from_ms = 0, until_ms = 0; ///< The end is not included.
  int64_t deadline_ms = 0;           ///< 0: none.
  size_t most_pages = 10'000;        ///< Of a thousand lines.
};

/// How the own node is asked for lines.
struct line_asker {
  std::function<void(line_search, std::function<void(expected<lines_found>)>)> ask;
  std::shared_ptr<const base::clock> clock;
  std::string host_id;
};
/// @param how In the background each page waits for its turn.
line_asker line_asker_of(const source_links& links, read_kind how = read_kind::asked);

/// Reads lines of a host from all nodes, oldest first, in pages. `each` gets what came, in order.
/// `finished` gets ec::timed_out, ec::query_failed when there are more pages, what asking the own
/// node came to, or why lines are missing; empty: none are. Callbacks come while the asker's actor
/// works.
void read_lines(line_asker from,
                lines_order order,
                std::function<void(const std::vector<check::logged_line>&)> each,
                std::function<void(expected<std::string>)> finished);

/// As rules see it.
check::logged_line logged(const log_line& x);

/// Who asks for the lines of a host.
caller owner_of(const host_record& host);

/// A source that also judges rules with `log` items, by the lines that all nodes keep.
/// @param numbers Outlives it; judges all others, and has the numbers beside the lines.
std::unique_ptr<history_source> lined_history_of(source_links links, history_source& numbers);

} // namespace aops::actors
