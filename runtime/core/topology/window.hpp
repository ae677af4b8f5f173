#pragma once

#include "runtime/core/topology/batch.hpp"
#include "runtime/core/topology/figures.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace aops::topology {

/// How long what is shown, and what of it is abnormal.
struct topology_rules {
  int64_t stale_ms = 20'000;  ///< Silence of an agent that makes its host stale.
  int64_t window_ms = 60'000; ///< How long a link is shown that is not seen any more.
  int64_t keep_ms = 86'400'000;
  size_t most_links = 4096; ///< Of a host's window.
  threshold_rules thresholds;
};

struct window_link {
  link_record record;
  int64_t first_ms = 0, last_ms = 0; ///< When it was seen, by this node's clock.
  uint32_t alarms = 0;               ///< Thresholds that it passes, by their places.

  friend bool operator==(const window_link&, const window_link&) = default;
};

/// What a host has told lately.
struct host_window {
  std::string host_id, machine_id, hostname, agent;
  std::vector<std::string> addresses; ///< Plain, ascending.
  int64_t received_ms = 0;            ///< The newest batch, by this node's clock.
  int64_t told_ms = 0;                ///< The same by the host's own.
  int64_t period_ms = 0;
  bool is_cut = false;
  std::vector<window_link> links; ///< By their ends.
  std::vector<listening_socket> listening;
  std::vector<process_info> processes;

  friend bool operator==(const host_window&, const host_window&) = default;
};

using window_ptr = std::shared_ptr<const host_window>;

/// How a host is at a moment.
enum class host_state : uint8_t {
  live,
  stale,  ///< Its agent is silent: its links are lacking.
  silent, ///< For so long that what it told says nothing any more.
};
host_state state_of(const host_window& x, const topology_rules& rules, int64_t now_ms);

/// How a link of a host that is not silent is.
enum class link_state : uint8_t {
  seen,    ///< In the newest batch; or it never lasted from one batch to the next: then it is
           ///< shown as it was for a while.
  lacking, ///< It lasted, and is not there any more; or its host is stale.
  over,    ///< Not shown.
};
link_state
state_of(const window_link& x, const host_window& of, const topology_rules& rules, int64_t now_ms);

/// What a batch changed.
struct window_change {
  window_ptr after;
  /// Links that were not in the window before, and those that have left it.
  std::vector<const window_link*> began; ///< In `after`.
  std::vector<window_link> ended;
  /// Whether more than figures changed: links came, went, or became abnormal or normal.
  bool is_visible = false;
};

/// The window after a batch.
/// @param before Null: there was none.
window_change advance(const host_window* before,
                      const std::string& host_id,
                      batch told,
                      int64_t now_ms,
                      const topology_rules& rules);

} // namespace aops::topology
