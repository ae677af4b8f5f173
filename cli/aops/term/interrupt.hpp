#pragma once

#include <functional>

namespace aops::cli {

/// Ctrl-C ends the process with 130 from now on, after what `at_interrupt` has it do; before any
/// other thread is made. A process that was told to ignore it (`nohup`, `&` in a script) still
/// does.
void watch_interrupts();

/// While this lives, Ctrl-C runs `last_words` before the process ends. The latest one goes first.
/// `last_words` runs in a thread of its own.
class at_interrupt {
public:
  explicit at_interrupt(std::function<void()> last_words);
  ~at_interrupt(); ///< Waits while Ctrl-C is ending the process.
  at_interrupt(const at_interrupt&) = delete;
  at_interrupt& operator=(const at_interrupt&) = delete;
};

} // namespace aops::cli
