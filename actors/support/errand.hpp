#pragma once

#include "runtime/base/fair_queue.hpp"

#include <caf/fwd.hpp>
#include <caf/message.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace aops::actors {

/// What travels with a request inside of this process, beside its message: until when its answer is
/// awaited, and for whom it works. Whoever queues the request keeps it, and drops the request
/// unworked when its time is over.
struct errand {
  int64_t due_ms = base::never_ms; ///< By this machine's steady clock.
  /// Of what class it is; nothing: that of the request's kind.
  std::optional<base::urgency> what;
  std::string owner; ///< Whose hosts and rules it is about; empty: not told.
  std::string host;

  /// Awaited for so long from now on.
  errand& within(std::chrono::milliseconds patience);
  /// Nobody waits any more.
  bool is_late() const;
};

/// Of the request that `self` handles now; an empty one when it came without, as CAF's own
/// `request` sends it. In a handler only.
errand errand_of(caf::local_actor* self);

/// `whom->enqueue` with an errand. Any thread.
/// @param host Of the thread that sends; null: none.
void enqueue(const caf::strong_actor_ptr& whom,
             caf::strong_actor_ptr sender,
             caf::message_id id,
             caf::message content,
             errand with,
             caf::execution_unit* host);

} // namespace aops::actors
