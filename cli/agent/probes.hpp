#pragma once

#include "cli/agent/agent_config.hpp"
#include "cli/agent/child_process.hpp"
#include "cli/agent/probe_plan.hpp"
#include "runtime/core/sockets/probe_lines.hpp"

#include <chrono>
#include <optional>
#include <poll.h>
#include <string>
#include <vector>

namespace aops::agent {

/// What external probes did so far.
struct probe_figures {
  size_t running = 0;
  uint64_t restarts = 0, lines = 0, refused = 0;
};

/// Runs external probes and reads what they print. All of it on the thread that made it.
class probes {
public:
  probes(const std::vector<probe_config>& all, int64_t now_ms);
  /// Kills what still runs.
  ~probes();
  probes(const probes&) = delete;
  probes& operator=(const probes&) = delete;

  /// Begins what is due, and ends checks that take too long.
  void act(int64_t now_ms);
  /// When to call `act` again.
  std::optional<int64_t> due_ms() const;
  /// Appends what to wait for.
  void watch(std::vector<pollfd>& to) const;
  /// Reads what there is.
  void read(int64_t now_ms);
  /// Buries the dead.
  void reap(int64_t now_ms);
  /// Asks all to end; kills those that do not.
  void stop(std::chrono::milliseconds patience);

  /// Appends what counts now.
  void records(int64_t now_ms, std::vector<sockets::probe_record>& to);
  probe_figures figures() const;

private:
  struct probe {
    probe_config config;
    probe_plan plan;
    sockets::probe_lines lines;
    std::optional<child_process> child;
    bool is_checking = false;
    int64_t kill_ms = 0; ///< Of a check.
    std::string checked; ///< What it printed.
    std::string told;    ///< What the log was told last.
  };
  void begin(probe& x, bool is_check, int64_t now_ms);
  void ended(probe& x, int status, int64_t now_ms);
  void read_from(probe& x, int64_t now_ms);

  std::vector<probe> all_;
};

} // namespace aops::agent
