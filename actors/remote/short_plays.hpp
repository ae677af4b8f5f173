#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/fair_queue.hpp"
#include "runtime/io/ansible/play.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace aops::actors {

/// What a play told: of each host the last action that ended there.
struct play_told {
  ansible::play_result result;
  std::map<std::string, ansible::play_event, std::less<>> last; ///< By host.

  /// Why there is nothing of a host; empty when its action ended well.
  std::string failure_of(const std::string& host) const;
};

/// Plays whose outcome somebody waits for: so many at once, so many waiting. Any thread. `stop` it
/// before it goes.
class short_plays : public std::enable_shared_from_this<short_plays> {
public:
  using on_end = std::function<void(play_told)>;
  using on_events = std::function<void(const std::vector<ansible::play_event>&)>;

  /// @param time Outlives it.
  short_plays(std::shared_ptr<ansible::player> player,
              const base::time_source& time,
              size_t most_running,
              size_t most_waiting)
      : player_(std::move(player)), time_(time), most_running_(most_running),
        most_waiting_(most_waiting) {}

  /// `done` is called once, on a thread of the player or here: also when it cannot start
  /// (ec::overloaded when too many wait).
  /// @param until_ms On the steady clock: it ends by then; when its turn comes less than
  /// `shortest_play_ms` before, it is not begun (ec::timed_out).
  /// @param tell Hears all events as they come, on a thread of the player.
  void run(ansible::play_order order, int64_t until_ms, on_end done, on_events tell = {});

  /// Nothing is begun that has less time: logging in takes a while.
  static constexpr int64_t shortest_play_ms = 5000;

  /// Ends all; the player knows when they have ended.
  void stop();

private:
  struct waiting {
    ansible::play_order order;
    int64_t until_ms = base::never_ms;
    on_end done;
    on_events tell;
  };
  struct running {
    std::unique_ptr<ansible::play> play; ///< Null until its start has returned.
    bool has_ended = false;
  };
  void start(uint64_t number, waiting what);
  void end(uint64_t number);
  void forget(uint64_t number);
  void admit(); ///< Starts who waits, as far as there is room.

  std::shared_ptr<ansible::player> player_;
  const base::time_source& time_;
  size_t most_running_, most_waiting_;
  std::mutex mutex_;
  std::map<uint64_t, running> running_;
  std::deque<waiting> waiting_;
  uint64_t number_ = 0;
  bool is_stopped_ = false;
};

} // namespace aops::actors
