#pragma once

#include "actors/store/store_access.hpp"
#include "runtime/base/health.hpp"
#include "runtime/io/storage/dump_repository.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

namespace aops::actors {

inline constexpr std::string_view dump_keeper_name = "dump_keeper";

/// INTERNAL: what the worker found, or wrote.
struct dump_prepared {
  size_t kind = 0;
  expected<std::shared_ptr<const storage::dump>> file; ///< Absent: nothing is to leave any more.
};

/// INTERNAL: the rows of a file are deleted, or not.
struct dump_carried_out {
  size_t kind = 0;
  expected<int64_t> rows;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::dump_prepared)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::dump_carried_out)

namespace aops::actors {

/// What the keeper works with.
struct dump_parts {
  store_ptr store;
  std::shared_ptr<executor> worker; ///< Where files are written.
  std::shared_ptr<base::health> health;
};

struct dump_keeper_state {
  explicit dump_keeper_state() = default;
  static inline const char* name = dump_keeper_name.data();
  dump_parts parts;
  bool is_working = false;
  bool has_failed = false; ///< In this look.
};

using dump_keeper_actor = caf::typed_actor<caf::reacts_to<atom::tick>,
                                           caf::reacts_to<dump_prepared>,
                                           caf::reacts_to<dump_carried_out>,
                                           caf::reacts_to<atom::ping>>;

/// On the node that leads: writes what is to leave the store for its age or number into
/// `retention.dump_directory`, reads it back, and only then has it deleted. When a file cannot be
/// written nothing is deleted, and the node says so.
dump_keeper_actor::behavior_type
dump_keeper(dump_keeper_actor::stateful_pointer<checked_state<dump_keeper_state>> self,
            dump_parts parts);

} // namespace aops::actors
