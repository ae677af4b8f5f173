#pragma once

#include "actors/host/history_gate.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace aops::actors {

/// The background reads of one host: one at a time, each in its turn at the node's gate, and with a
/// pause as long as the read took, so that a host takes at most half of what one reader of the
/// store can. For the host's actor only.
class history_turns {
public:
  struct links {
    std::string owner;
    std::function<void()> wake; ///< Has `on_turn` called by the actor; any thread.
    std::function<void(std::chrono::milliseconds)> wake_after; ///< The same, some time later.
  };

  history_turns(std::shared_ptr<history_gate> gate, links to);
  ~history_turns(); ///< Leaves the gate: others wait.
  history_turns(const history_turns&) = delete;
  history_turns& operator=(const history_turns&) = delete;

  /// Runs `read` when its turn has come, perhaps at once; whoever ran calls `done` at its end.
  void ask(std::function<void()> read);
  void done();
  void on_turn();

private:
  enum class state : uint8_t { idle, waiting, reading, pausing };
  void next();
  void run();

  std::shared_ptr<history_gate> gate_;
  links to_;
  history_gate::ticket ticket_;
  state state_ = state::idle;
  std::deque<std::function<void()>> reads_;
  std::chrono::steady_clock::time_point began_; ///< Of the read under way.
};

} // namespace aops::actors
