#pragma once

#include "actors/host/patience.hpp"
#include "messages/error.hpp"
#include "messages/rounds.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace aops::actors {

/// The rounds of one host on their way to the store: in order, some together, one order at a time.
/// While the store is away they wait, a bounded number of them; then the oldest are given up, and
/// what others still need of them goes on with the next. Knows no actor.
class commit_queue {
public:
  using sent = std::function<void(expected<void>)>;
  struct links {
    /// Sends rounds to the store.
    std::function<void(rounds_to_commit, sent)> send;
    /// Has `on_due` called some time later.
    std::function<void(std::chrono::milliseconds)> wake_after;
    /// The store has everything up to this time; comes before what waits next is sent.
    std::function<void(int64_t until_ms)> stored;
    /// Comes after each successful order.
    std::function<void()> went_on;
    /// A round was given up.
    std::function<void(const deviation&)> lost;
    /// The store knows the host no more, or under another epoch.
    std::function<void(const error&)> refused;
  };

  commit_queue(fence held, std::string host_id, links to);

  /// @param then When it is stored; never when that never will be.
  void push(round_to_commit x, std::function<void()> then = {});
  /// Runs `work` with no commit under way, at once or later; whoever ran calls `resume` at its end.
  /// Rounds and works take turns.
  void when_quiet(std::function<void()> work);
  void resume();
  void on_due() { resume(); }
  /// From now on rounds only: works that wait never run.
  void refuse_works() { takes_works_ = false; }

  bool empty() const { return rounds_.empty(); }
  size_t size() const { return rounds_.size(); }
  /// From the oldest on, those under way too.
  const std::deque<round_to_commit>& rounds() const { return rounds_; }
  /// Grid time of the oldest round that waits, or is under way.
  std::optional<int64_t> oldest_ms() const;
  /// What the store said last, when it refused.
  const std::optional<error>& last_refusal() const { return last_refusal_; }

private:
  void give_up_oldest(round_to_commit& newest, std::function<void()>& then);
  void pump();
  void answered(expected<void> how);
  void not_committed(const error& why);
  bool run_work();

  fence held_;
  std::string host_id_;
  links to_;
  std::deque<round_to_commit> rounds_;
  std::deque<std::function<void()>> thens_; ///< Of each, what is to be done when it is stored.
  size_t under_way_ = 0;                    ///< How many of them, from the front.
  bool is_refused_ = false; ///< The store refused the last ones, and the log says so.
  std::optional<error> last_refusal_;
  about_a_second retry_;
  int quiet_ = 0; ///< How many want no commit under way.
  bool takes_works_ = true;
  std::deque<std::function<void()>> works_;
};

} // namespace aops::actors
