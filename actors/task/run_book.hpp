#pragma once

#include "actors/remote/open_targets.hpp"
#include "actors/store/store_access.hpp"
#include "actors/store/vault_keeper.hpp"
#include "messages/roles/run.hpp"
#include "runtime/io/ansible/play.hpp"
#include "runtime/io/storage/run_repository.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::actors {

inline constexpr std::string_view run_book_name = "store/run-book";

struct run_to_load {
  std::string run;
};

/// Whether a run could have all its hosts.
struct hosts_to_look_at {
  std::string run;
  bool is_shared = false; ///< With runs that say so, too.
};

/// All its hosts for a run, or none of them.
struct hosts_to_take {
  fence held;
  std::string run;
  bool is_shared = false;
};

struct run_to_glance_at {
  std::string run;
};

/// A play to start on hosts whose credentials are still to be opened.
struct play_to_start {
  std::string owner;
  secret_ptr key;
  std::vector<std::string> hosts;      ///< Ids.
  ansible::play_order order;           ///< Without its hosts.
  std::string sealed_vars, sealed_for; ///< Of the plan.
  std::string package;                 ///< Digest; empty: none.
  bool ends_remnants = false; ///< It ends what plays of `order.run` left running on those hosts.
  std::function<void(std::vector<ansible::play_event>)> happened;
  std::function<void(ansible::play_result)> ended;
};

struct play_started {
  std::shared_ptr<ansible::play> play; ///< None: no host can be logged in to.
  std::vector<closed_target> closed;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::run_to_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::hosts_to_look_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::hosts_to_take)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::run_to_glance_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::play_to_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::play_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::stored_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::run_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::run_after)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::run_lock_answer)

namespace aops::actors {

/// RUN BOOK: what the owners of runs read and write. Never leaves the process.
using run_book_actor = caf::typed_actor<
  // What is stored of a run. ec::not_found.
  answers<run_to_load, storage::stored_run>,
  // Changes it, behind the fence of its slot. ec::fenced, ec::not_found.
  answers<storage::run_change, storage::run_after>,
  // Which run holds one of its hosts. Changes nothing.
  answers<hosts_to_look_at, storage::run_lock_answer>,
  // Takes its hosts.
  answers<hosts_to_take, storage::run_lock_answer>,
  // Where it stands, and what its user wishes.
  answers<run_to_glance_at, storage::run_after>,
  // Opens credentials and starts a play. ec::vault_key; ec::task_failed.
  answers<play_to_start, play_started>,
  caf::reacts_to<atom::ping>>;

using target_opener = decltype(&open_targets);

struct run_book_parts {
  store_ptr store;
  std::shared_ptr<ansible::player> player;
  target_opener open = &open_targets;
};

struct run_book_state {
  explicit run_book_state() = default;
  static inline const char* name = run_book_name.data();
  run_book_parts parts;
};

run_book_actor::behavior_type
run_book(run_book_actor::stateful_pointer<checked_state<run_book_state>> self,
         run_book_parts parts);

} // namespace aops::actors
