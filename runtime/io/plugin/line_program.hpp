#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Programs that answer each line with a line.
namespace aops::line_programs {

struct options {
  std::string name;                 ///< In logs and figures.
  std::vector<std::string> command; ///< Program and parameters; there is no shell.
  std::string greeting;             ///< The first line of each life.
  /// Whether the answer to it will do; an error ends that life. In the program's thread.
  std::function<expected<void>(std::string_view answer)> greeted;
  /// What it cannot do at present; empty: it serves again. In the program's thread.
  std::function<void(const std::string& problem)> changed;

  std::chrono::milliseconds timeout{5000}; ///< Of one answer.
  std::chrono::milliseconds start{30'000}; ///< Of the first one, unless `timeout` is longer.
  int64_t memory_bytes = 256 << 20;        ///< Address space; 0: as this process.
  int64_t cpu_seconds = 3600;              ///< Processor time of one life; 0: no limit.
  int nice = 10;
  size_t max_line = 4 << 20;
  size_t max_queue = 256;
  /// Before it is started again: twice as long each time, until it has lived for `settled`.
  std::chrono::milliseconds first_pause{1000}, longest_pause{60'000}, settled{60'000};
  std::chrono::milliseconds grace{1000}; ///< From being asked to end to being killed.
};

/// Lines of its stderr that are logged, each cut, in a minute; what is more is counted.
inline constexpr size_t most_logged_lines = 20, most_logged_bytes = 256;

/// A program that lives for as long as this does. It runs in a process group of its own, with
/// limits of its own, and dies with this process. One request at a time is with it. One that does
/// not answer in time, prints what nobody asked for or too much, or ends, is ended with all that it
/// started, and started again after a pause; requests are refused meanwhile.
class line_program {
public:
  /// ec::internal when the system has no thread left. That the program cannot be started is told by
  /// `changed`.
  static expected<std::unique_ptr<line_program>> start(options o);
  virtual ~line_program() = default;

  using answered = std::function<void(expected<std::string>)>;
  /// Any thread; never waits. @param line Without its end. @param then Called once, from the
  /// program's thread, or from this one with ec::overloaded when too many wait. ec::timed_out: its
  /// turn did not come, or no answer came, in time; ec::unreachable with the reason: the program is
  /// away; ec::bad_request: the line is too long.
  virtual void ask(std::string line, std::chrono::milliseconds patience, answered then) = 0;

  /// Ends it for good: what was asked fails, and nothing is called any more once this returns. Not
  /// from one of those that are called.
  virtual void stop() = 0;

  /// As `changed` told last; at first that it has not answered yet.
  virtual std::string problem() const = 0;
  /// Whether it was found not to serve: whoever asks now is refused. Any thread.
  virtual bool is_away() const = 0;
  /// Of the life that is, or 0. For tests and lists.
  virtual int process() const = 0;
};

} // namespace aops::line_programs
