#pragma once

#include "actors/support/checked_state.hpp"
#include "messages/interfaces.hpp"
#include "messages/names.hpp"
#include "runtime/base/queue_figures.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/group_writer.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace aops::actors {

/// A write as it travels to the writer; never leaves the process.
struct write_order {
  /// Queues itself. @returns Whether it is the first one waiting.
  using append_function = std::function<bool(storage::group_writer&)>;
  std::shared_ptr<append_function> append;
  bool may_wait = false; ///< Nobody waits for the answer: it may share a commit with later ones.
};

/// INTERNAL: write what has gathered; one of an older number is void.
struct flush_due {
  uint64_t number = 0;
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::write_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::flush_due)

namespace aops::actors {

using store_writer_actor = caf::
  typed_actor<caf::reacts_to<write_order>, caf::reacts_to<flush_due>, caf::reacts_to<atom::ping>>;

struct store_writer_state {
  explicit store_writer_state() = default;
  ~store_writer_state();
  static inline const char* name = store_writer_name.data();
  std::shared_ptr<storage::database_pool> pool; ///< Before the writer: outlives it.
  std::unique_ptr<storage::group_writer> writer;
  std::unique_ptr<base::queue_figures> figures; ///< After the writer: looks at it.
  bool is_gathering = false; ///< Only what may wait is waiting, and its flush comes later.
  uint64_t flush = 0;        ///< Number of the flush that counts.
};

/// Owns the connection that writes and commits in groups: the first order of a group also sends
/// `flush_due`, so everything queued before it joins the batch. Orders that may wait are gathered
/// for a while, until the first one that may not. A group is flushed once: a second flush would
/// find the first orders of the next group, whose own flush would find those of the one after,
/// and groups would stay small for ever. Detached; answers what still waits with
/// ec::store_unreachable when it ends.
store_writer_actor::behavior_type
store_writer(store_writer_actor::stateful_pointer<checked_state<store_writer_state>> self,
             std::shared_ptr<storage::database_pool> pool,
             storage::group_writer_config config,
             std::chrono::milliseconds gather);

} // namespace aops::actors
