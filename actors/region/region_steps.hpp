#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/directory.hpp"

#include <caf/actor_clock.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace aops::actors {

/// How long a region waits for its supervisor to start or end a child.
inline constexpr std::chrono::seconds child_deadline{30};

/// The tick that a region sends itself: it comes again, whoever else sends one.
class own_tick {
public:
  /// At each tick, its own or not.
  template <class Self>
  void again(Self* self, std::chrono::milliseconds every) {
    auto now = self->clock().now();
    if (due_ && *due_ > now)
      return;
    due_ = now + every;
    self->delayed_send(self, every, atom::tick_v);
  }

private:
  std::optional<caf::actor_clock::time_point> due_;
};

/// Calls `then` at the call of the returned that is number `count`.
inline std::function<void()> after_all(size_t count, std::function<void()> then) {
  return [left = std::make_shared<size_t>(count), then = std::move(then)] {
    if (--*left == 0)
      then();
  };
}

/// Has a supervisor end a child, if it has it, and then does the rest; at once when the supervisor
/// is down.
template <class Self>
void end_child(Self* self,
               const directory& names,
               std::string_view supervisor,
               std::string child,
               std::function<void()> then) {
  auto ended = [then = std::move(then)](const expected<void>&) { then(); };
  ask<supervisor_actor>(
    self, names, supervisor, child_deadline, std::move(ended), stop_child{std::move(child)});
}

} // namespace aops::actors
