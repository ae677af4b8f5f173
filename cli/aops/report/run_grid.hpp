#pragma once

#include "cli/aops/term/palette.hpp"
#include "cli/aops/text/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace aops::cli {

/// What a picture is drawn on.
struct canvas {
  size_t width = 80, height = 24; ///< Columns and lines that may be used.
  bool unicode = false;
  palette colours;
  int64_t now_ms = 0;
};

/// A run of a deployment task as a person follows it: its steps with their counts, and every host
/// as one sign, so that a thousand of them fit. Made of what the node tells; it asks for nothing.
class run_grid {
public:
  /// A row of `/manage/task/result/get`.
  void take_run(const json& run);
  /// A row of `/manage/task/result/hosts`.
  void take_host(const json& row);
  /// Data of an event of `/manage/task/stream`. @returns Whether the picture changed.
  bool take_event(const json& event);
  /// What hosts are called; others show their ids.
  void name_hosts(const std::map<std::string, std::string>& names);

  const std::string& state() const { return state_; } ///< Of the run.
  const std::string& reason() const { return reason_; }
  bool is_over() const;        ///< It has ended for good.
  bool waits_for_user() const; ///< Nothing happens until somebody acts.

  /// At most `height` lines, each at most `width` columns.
  std::vector<std::string> draw(const canvas& on) const;

  /// A line for who reads no pictures; empty: an event that is not worth one.
  std::string line_of(const json& event) const;

private:
  struct cell {
    std::string state, action, message;
  };
  struct step {
    std::string name, state, message;
    int64_t began_ms = 0, ended_ms = 0;
    std::vector<cell> cells; ///< By number of the host; may be shorter.
  };
  size_t number_of_host(const std::string& id);
  step* find_step(std::string_view name);
  cell& cell_of(step& at, size_t host);
  std::map<std::string, size_t> counts_of(const step& x) const;
  const step* current() const;
  std::string called(size_t host) const;
  void draw_steps(std::vector<std::string>& lines, const canvas& on, size_t most) const;
  void draw_hosts(std::vector<std::string>& lines, const canvas& on, size_t most) const;
  void draw_rows(std::vector<std::string>& lines, const canvas& on) const;
  void draw_failures(std::vector<std::string>& lines, const canvas& on, size_t most) const;

  std::string id_, task_, state_ = "pending", reason_;
  bool is_check_ = false;
  int64_t began_ms_ = 0, ended_ms_ = 0;
  size_t expected_hosts_ = 0;
  std::vector<step> steps_;
  std::vector<std::string> hosts_; ///< Ids.
  std::map<std::string, size_t> numbers_;
  std::map<std::string, std::string> names_;
};

} // namespace aops::cli
