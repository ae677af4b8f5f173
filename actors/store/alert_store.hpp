#pragma once

#include "actors/store/silence_book.hpp"
#include "actors/store/store_access.hpp"
#include "messages/roles/alerts.hpp"
#include "runtime/io/storage/notice_repository.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

namespace aops::actors {

/// What is due for these receivers in these slots.
struct notices_due {
  std::vector<std::string> receivers;
  std::vector<uint16_t> slots;
  int64_t now_ms = 0, limit = 0;
};

/// What silences say of a notice.
struct notice_hush {
  notify::hush what = notify::hush::none;
  std::string silence{};  ///< Its id.
  int64_t until_ms = 0;   ///< When it ends, this time.
  bool is_untold = false; ///< Nobody can have heard of the alert.
};

struct notices_found {
  std::vector<storage::notice> all;
  std::vector<notice_hush> hushed; ///< Of each.
};

/// What became of a notice.
struct notice_outcome {
  enum class kind : uint8_t {
    told,   ///< Its beginning was told.
    failed, ///< An attempt failed.
    held,   ///< A silence keeps it from being told.
    over,   ///< Nothing is left to tell.
  };
  kind what = kind::told;
  int64_t key = 0;
  std::string host_id; ///< Of its alert.
  int64_t now_ms = 0, next_ms = 0;
  std::string silence{}; ///< That holds it.
  bool is_untold = false;
};

/// The outbox of these slots is cut down where more than `most` wait for a receiver.
struct outbox_to_tidy {
  std::vector<uint16_t> slots;
  int64_t now_ms = 0, most = 0;
  /// Slots came to us: receivers of the past are forgotten, new ones told what lasts.
  bool is_new = false;
};

struct outbox_tidied {
  int64_t dropped = 0; ///< The oldest of receivers with too many.
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::notices_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::notices_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::notice_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_to_tidy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_tidied)

namespace aops::actors {

/// ALERT STORE, with what only the notifier of the same node asks.
using full_alert_store_actor =
  caf::typed_actor<answers<notices_due, notices_found>,
                   // ec::fenced when the slot is another node's by now.
                   answers<notice_outcome, done>,
                   answers<outbox_to_tidy, outbox_tidied>>::extend_with<alert_store_actor>;

struct alert_store_state {
  explicit alert_store_state() = default;
  static inline const char* name = alert_store_name.data();
  store_ptr store;
  std::shared_ptr<silence_cache> silences = std::make_shared<silence_cache>();
};

/// Shows what is not well now; keeps the outbox.
full_alert_store_actor::behavior_type
alert_store(full_alert_store_actor::stateful_pointer<checked_state<alert_store_state>> self,
            store_ptr store);

} // namespace aops::actors
