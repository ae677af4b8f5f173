#pragma once

#include "messages/error.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/fair_queue.hpp"

#include <functional>

namespace aops::actors {

/// Where blocking work runs. An actor takes one as an argument; in tests it is inline.
class executor {
public:
  /// Gets nothing when its turn has come, else why it never comes: ec::overloaded when there is no
  /// room, ec::timed_out when nobody waits any more. Called once, or destroyed when the executor
  /// ends.
  using job = std::function<void(expected<void> turn)>;

  virtual ~executor() = default;

  /// Hands over a task; false when there is no room: answer ec::overloaded then. Any thread.
  /// What a task throws is logged and goes no further.
  virtual bool post(std::function<void()> task) = 0;

  /// Queues a job by its ticket; one that is refused is called before this returns. Any thread.
  virtual void queue(base::ticket how, job work) = 0;
};

/// Runs each task at once, in the thread that posts it. For tests.
class inline_executor final : public executor {
public:
  bool post(std::function<void()> task) override {
    task();
    return true;
  }
  void queue(base::ticket how, job work) override {
    if (how.due_ms <= base::system_time().steady_ms())
      work(fail(ec::timed_out, "nobody waits any more"));
    else
      work({});
  }
};

} // namespace aops::actors
