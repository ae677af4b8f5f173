#pragma once

#include "cli/aops/command/session.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

namespace aops::cli {

/// A job on the node that is followed to its end.
struct watched_task {
  std::string id;
  uint64_t expected = 0; ///< Reports or results to come.
  uint64_t done = 0;
  std::string state{};   ///< `done`, `failed`, `cancelled`, `interrupted`; empty while it runs.
  std::string trouble{}; ///< Why following it was given up.
  std::string lost{};    ///< Why it cannot be followed just now.
  bool is_check = false; ///< Brings results, no reports.
};

/// Follows jobs by their event streams, resumes after the last event after a reconnect, at another
/// node when the one it talked to is not reached, and asks for the progress every 5 s where the
/// node streams nothing. Draws one bar for all of them on
/// standard error; beside a bar that stands still it says why. Ctrl-C tells that the tasks go on.
class watcher {
public:
  /// @param loud Tells progress also where standard error is no terminal, a line per tenth.
  watcher(session& s, std::vector<watched_task> tasks, bool loud);

  /// Returns when every task has ended or was given up after 10 rounds without progress.
  const std::vector<watched_task>& run();

private:
  void work();
  void follow(watched_task& task, node_list& nodes);
  void poll(watched_task& task, node_list& nodes);
  /// @returns True when the stream is over.
  bool take(watched_task& task, std::string_view event, std::string_view data);
  void take_progress(watched_task& task, const json& row);
  void advance(watched_task& task, uint64_t done);
  void finish(watched_task& task, std::string state, std::string trouble);
  bool ended(const watched_task& task);
  void lose(watched_task& task, const std::string& why);
  void draw(uint64_t done, uint64_t expected, const std::string& why);
  /// Why nothing comes; never empty.
  std::string why_it_stands();
  /// Which hosts a running task waits for; empty when nothing tells.
  std::string what_it_waits_for(node_list& nodes, const std::string& task) const;
  void say_goodbye();
  bool is_seen() const; ///< Whether anybody looks at the progress.

  session& s_;
  std::vector<watched_task> tasks_;
  bool loud_;
  std::mutex mutex_; ///< Guards tasks_, next_, running_, changes_.
  std::condition_variable changed_;
  size_t next_ = 0, running_ = 0;
  uint64_t changes_ = 0;
  uint64_t last_tenth_ = 0;
  std::string last_why_;
};

/// 0 when all tasks are done; else tells what became of the others and returns the exit code.
int judge_tasks(session& s, const std::vector<watched_task>& tasks);

} // namespace aops::cli
