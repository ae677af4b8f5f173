#pragma once

#include "messages/host_info.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/host_info.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view host_info_store_name = "store/facts";
}

/// HOST INFO STORE: what is known of hosts' hardware and system.
using host_info_store_actor = caf::typed_actor<
  // What is known of the caller's hosts; unknown ids are left out. ec::bad_request when it is more
  // than one answer takes.
  asks<host_infos_query, host_infos_found>,
  // Replaces what is known; answered host by host. ec::bad_request when facts are no object.
  asks<host_infos_to_save, host_infos_saved>,
  // Forgets what is known. Unknown ids are ignored.
  asks<host_infos_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
