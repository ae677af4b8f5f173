#pragma once

#include <functional>

namespace aops::actors {

/// Where blocking work runs. An actor takes one as an argument; in tests it is inline.
class executor {
public:
  virtual ~executor() = default;

  /// Hands over a task; false when there is no room: answer ec::overloaded then. Any thread.
  /// What a task throws is logged and goes no further.
  virtual bool post(std::function<void()> task) = 0;
};

/// Runs each task at once, in the thread that posts it. For tests.
class inline_executor final : public executor {
public:
  bool post(std::function<void()> task) override {
    task();
    return true;
  }
};

} // namespace aops::actors
