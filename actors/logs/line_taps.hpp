#pragma once

#include "actors/logs/line_store.hpp"
#include "messages/logs.hpp"

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace aops::check {
class selector;
}

namespace aops::actors {

/// Lines as they come to this node, held for those who asked for such until they ask again. Any
/// thread. Bounded: who does not ask in time finds that lines were dropped, and how many.
class line_taps {
public:
  static constexpr size_t most_taps = 20'000, most_lines_of_tap = 5'000,
                          most_bytes_of_tap = 4 << 20;
  static constexpr size_t most_bytes = 128 << 20; ///< Of all.
  /// Names of hosts, and which of them somebody sees, are good for so long.
  static constexpr int64_t hosts_good_ms = 15'000;

  /// Whether somebody may want lines of a host.
  bool wants(const std::string& host_id) const;

  /// Lines that were stored; those that were there already are left out.
  void add(const std::string& host_id,
           const std::vector<logs::record>& lines,
           const std::vector<stored_place>& places);

  /// Lines were stored of which nobody wanted any when they came. Rules that want them now read
  /// what is stored: to them it looks as if they had only begun.
  void came_unheard(const std::string& host_id);

  /// Whether the hosts that somebody sees must be told with the next `take`.
  bool needs_hosts(const node_lines_to_follow& x, int64_t now_ms) const;

  /// What came for him since the place he tells. Begins with the first call. ec::bad_request when
  /// the query does not read, ec::overloaded.
  /// @param hosts Null: those known before.
  expected<node_lines_followed> take(const node_lines_to_follow& x,
                                     const std::string& node,
                                     std::shared_ptr<const hosts_seen> hosts,
                                     int64_t now_ms);

  /// Forgets those who do not ask any more.
  void tidy(int64_t now_ms);

private:
  struct held_line {
    uint64_t number = 0;
    size_t bytes = 0;
    found_log_line line;
  };
  struct wanted_log {
    std::string name;
    std::shared_ptr<const check::selector> match; ///< Null: all of it.
  };
  /// Which lines are wanted.
  struct terms {
    std::shared_ptr<const logs::line_query> query;
    std::vector<data_item> items;
    std::vector<wanted_log> logs;
    std::shared_ptr<const hosts_seen> hosts;
    bool take(const std::string& host, const logs::record& line) const;
  };
  struct tap {
    std::string run;
    std::shared_ptr<const terms> what;
    int64_t hosts_ms = 0, asked_ms = 0, keep_ms = 0;
    std::deque<held_line> lines;
    uint64_t next = 1;
    int64_t dropped = 0;
    size_t bytes = 0;
  };

  static std::string key_of(const node_lines_to_follow& x);
  static expected<tap> begin(const node_lines_to_follow& x);
  static std::shared_ptr<const terms> logs_wanted(terms what, const lines_to_follow& x);
  void hold(tap& t, found_log_line line);
  void drop_first(tap& t);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, tap> taps_;
  size_t bytes_ = 0;
};

} // namespace aops::actors
