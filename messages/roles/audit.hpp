#pragma once

#include "messages/audit.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/audit.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view audit_store_name = "store/audit";
}

/// AUDIT STORE: the log of what was done. An ordinary user sees what he did himself, security
/// events excepted; an administrator what he and his users did, and all security events.
using audit_store_actor = caf::typed_actor<
  // A page of the records.
  asks<log_query, log_page>,
  // Whether records are as they were written: a portion of them, from the oldest on.
  asks<log_to_verify, log_verified>,
  // Notes what became of a request of this caller.
  caf::reacts_to<caller, noted_request>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
