#pragma once

#include "cli/aops/command/session.hpp"
#include "cli/aops/report/run_grid.hpp"

#include <condition_variable>
#include <mutex>

namespace aops::cli {

/// Follows a run of a deployment task by its event stream, from where it stands, to its end: as a
/// picture that is drawn anew on a terminal, else as a line for each host and step. After a broken
/// connection it goes on behind the last event, at another node when the one it talked to is not
/// reached. Ctrl-C tells that the run goes on.
class run_watcher {
public:
  run_watcher(session& s, std::string run);

  /// The exit code: `exit_done` when it ended well.
  int run();

private:
  expected<void> look(node_list& nodes);
  void follow();
  bool take(std::string_view name, std::string_view data, node_list& nodes);
  void end(std::string why);
  void changed(std::string line);
  void draw();
  void tell_what_to_do(const std::string& state);
  int judge();

  session& s_;
  std::string id_;
  std::mutex mutex_; ///< Guards all below.
  std::condition_variable news_;
  run_grid grid_;
  json last_; ///< The run as the node told it last.
  std::string trouble_, lost_, told_state_;
  std::vector<std::string> untold_; ///< Lines for who sees no picture.
  std::string last_id_;
  bool has_changed_ = true, is_over_ = false;
  size_t drawn_ = 0; ///< Lines of the picture that stands there.
};

/// Follows runs one after the other. @returns The exit code of the first that did not end well.
int watch_runs(session& s, const std::vector<std::string>& ids);

/// Shows which runs were started, or, with `--watch`, follows them.
int show_started(session& s, const expected<json>& reply);

} // namespace aops::cli
